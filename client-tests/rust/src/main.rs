//! Drives the unmodified rumqttc at MQTT 5: one JSON command a line on standard input, one JSON event a line on output.

use std::time::Duration;

use rumqttc::v5::mqttbytes::v5::{
    ConnectReturnCode, LastWill, Packet, Publish, PublishProperties, SubscribeReasonCode,
};
use rumqttc::v5::mqttbytes::{qos, QoS};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rumqttc::Outgoing;
use serde_json::{json, Value};
use tokio::io::{AsyncBufReadExt, BufReader};

/// Its own limit is 10 kB.
const MAX_PACKET_BYTES: u32 = 1_000_000;

fn emit(event: Value) {
    println!("{event}");
}

fn text(command: &Value, name: &str) -> String {
    command[name].as_str().unwrap_or_default().to_string()
}

fn quality(command: &Value) -> QoS {
    qos(command["qos"].as_u64().unwrap_or(0) as u8).unwrap()
}

fn on_message(publish: &Publish) {
    let properties = publish.properties.clone().unwrap_or_default();
    let correlation = properties
        .correlation_data
        .map(|bytes| String::from_utf8_lossy(&bytes).to_string());
    emit(json!({
        "event": "message",
        "topic": String::from_utf8_lossy(&publish.topic),
        "payload": String::from_utf8_lossy(&publish.payload),
        "qos": publish.qos as u8,
        "retain": publish.retain,
        "responseTopic": properties.response_topic,
        "correlation": correlation,
    }));
}

/// Reads what comes, and connects again when the connection is lost, as polling does.
async fn run(mut events: EventLoop) {
    let mut leaving = false;
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(connack)))
                if connack.code == ConnectReturnCode::Success =>
            {
                emit(json!({ "event": "connected", "sessionPresent": connack.session_present }));
            }
            Ok(Event::Incoming(Packet::SubAck(suback))) => {
                let code = match &suback.return_codes[0] {
                    SubscribeReasonCode::Success(granted) => *granted as u8,
                    _ => 0x80,
                };
                emit(json!({ "event": "subscribed", "code": code }));
            }
            Ok(Event::Incoming(Packet::PubAck(_) | Packet::PubComp(_))) => {
                emit(json!({ "event": "published" }))
            }
            Ok(Event::Incoming(Packet::Publish(publish))) => on_message(&publish),
            Ok(Event::Outgoing(Outgoing::Publish(0))) => emit(json!({ "event": "published" })),
            Ok(Event::Outgoing(Outgoing::Disconnect)) => leaving = true,
            Ok(_) => {}
            Err(_) if leaving => return emit(json!({ "event": "disconnected" })),
            Err(error) => {
                eprintln!("{error}");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

fn connect(command: &Value) -> AsyncClient {
    let port = command["port"].as_u64().unwrap_or(0) as u16;
    let persistent = command["persistent"] == true;
    let mut options = MqttOptions::new(text(command, "id"), text(command, "host"), port);
    options.set_clean_start(!persistent);
    options.set_session_expiry_interval(Some(if persistent { 600 } else { 0 }));
    options.set_max_packet_size(Some(MAX_PACKET_BYTES));
    let will = &command["will"];
    if will.is_object() {
        let (topic, payload) = (text(will, "topic"), text(will, "payload"));
        options.set_last_will(LastWill::new(topic, payload, quality(will), false, None));
    }
    let (client, events) = AsyncClient::new(options, 10);
    tokio::task::spawn_local(run(events));
    client
}

async fn publish(client: &AsyncClient, command: &Value) {
    let properties = PublishProperties {
        response_topic: command["responseTopic"].as_str().map(str::to_string),
        correlation_data: command["correlation"]
            .as_str()
            .map(|correlation| correlation.to_string().into()),
        ..Default::default()
    };
    let (topic, payload) = (text(command, "topic"), text(command, "payload"));
    let retain = command["retain"] == true;
    client
        .publish_with_properties(topic, quality(command), retain, payload, properties)
        .await
        .unwrap();
}

async fn obey() {
    let mut client = None;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        let command: Value = serde_json::from_str(&line).unwrap();
        match (command["do"].as_str(), &client) {
            (Some("connect"), _) => client = Some(connect(&command)),
            (Some("subscribe"), Some(client)) => {
                client
                    .subscribe(text(&command, "topic"), quality(&command))
                    .await
                    .unwrap();
            }
            (Some("publish"), Some(client)) => publish(client, &command).await,
            (Some("disconnect"), Some(client)) => client.disconnect().await.unwrap(),
            _ => panic!("unknown: {line}"),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    tokio::task::LocalSet::new().run_until(obey()).await;
}
