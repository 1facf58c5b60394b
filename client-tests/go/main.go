// Drives the unmodified autopaho at MQTT 5: one JSON command a line on standard input, one JSON event a line on output.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/paho"
)

type will struct {
	Topic   string `json:"topic"`
	Payload string `json:"payload"`
	QoS     byte   `json:"qos"`
}

type command struct {
	Do            string  `json:"do"`
	Host          string  `json:"host"`
	Port          int     `json:"port"`
	ID            string  `json:"id"`
	Persistent    bool    `json:"persistent"`
	Will          *will   `json:"will"`
	Topic         string  `json:"topic"`
	Payload       string  `json:"payload"`
	QoS           byte    `json:"qos"`
	Retain        bool    `json:"retain"`
	ResponseTopic *string `json:"responseTopic"`
	Correlation   *string `json:"correlation"`
	CAFile        *string `json:"caFile"`
}

var output sync.Mutex

func emit(event string, fields map[string]any) {
	output.Lock()
	defer output.Unlock()
	if fields == nil {
		fields = map[string]any{}
	}
	fields["event"] = event
	if err := json.NewEncoder(os.Stdout).Encode(fields); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func onMessage(received paho.PublishReceived) (bool, error) {
	packet := received.Packet
	fields := map[string]any{
		"topic": packet.Topic, "payload": string(packet.Payload), "qos": packet.QoS, "retain": packet.Retain,
		"responseTopic": nil, "correlation": nil,
	}
	if packet.Properties.ResponseTopic != "" {
		fields["responseTopic"] = packet.Properties.ResponseTopic
	}
	if packet.Properties.CorrelationData != nil {
		fields["correlation"] = string(packet.Properties.CorrelationData)
	}
	emit("message", fields)
	return true, nil
}

// trusting returns a configuration that trusts the authority in a file, and nil without one.
func trusting(caFile *string) *tls.Config {
	if caFile == nil {
		return nil
	}
	certificate, err := os.ReadFile(*caFile)
	if err != nil {
		fail(err)
	}
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(certificate)
	return &tls.Config{RootCAs: authorities}
}

func connect(ctx context.Context, given command) *autopaho.ConnectionManager {
	scheme := "mqtt"
	if given.CAFile != nil {
		scheme = "mqtts"
	}
	server, err := url.Parse(fmt.Sprintf("%s://%s:%d", scheme, given.Host, given.Port))
	if err != nil {
		fail(err)
	}
	config := autopaho.ClientConfig{
		ServerUrls:                    []*url.URL{server},
		TlsCfg:                        trusting(given.CAFile),
		KeepAlive:                     60,
		CleanStartOnInitialConnection: !given.Persistent,
		ReconnectBackoff:              autopaho.NewConstantBackoff(200 * time.Millisecond),
		OnConnectionUp: func(_ *autopaho.ConnectionManager, connack *paho.Connack) {
			emit("connected", map[string]any{"sessionPresent": connack.SessionPresent})
		},
		OnConnectError: func(err error) { fmt.Fprintln(os.Stderr, err) },
		ClientConfig: paho.ClientConfig{
			ClientID:          given.ID,
			OnPublishReceived: []func(paho.PublishReceived) (bool, error){onMessage},
		},
	}
	if given.Persistent {
		config.SessionExpiryInterval = 600
	}
	if given.Will != nil {
		config.WillMessage = &paho.WillMessage{
			Topic: given.Will.Topic, Payload: []byte(given.Will.Payload), QoS: given.Will.QoS,
		}
	}
	manager, err := autopaho.NewConnection(ctx, config)
	if err != nil {
		fail(err)
	}
	return manager
}

func subscribe(ctx context.Context, manager *autopaho.ConnectionManager, given command) {
	options := []paho.SubscribeOptions{{Topic: given.Topic, QoS: given.QoS}}
	suback, err := manager.Subscribe(ctx, &paho.Subscribe{Subscriptions: options})
	if err != nil && suback == nil {
		fail(err)
	}
	emit("subscribed", map[string]any{"code": suback.Reasons[0]})
}

func publish(ctx context.Context, manager *autopaho.ConnectionManager, given command) {
	properties := &paho.PublishProperties{}
	if given.ResponseTopic != nil {
		properties.ResponseTopic = *given.ResponseTopic
	}
	if given.Correlation != nil {
		properties.CorrelationData = []byte(*given.Correlation)
	}
	_, err := manager.Publish(ctx, &paho.Publish{
		Topic: given.Topic, Payload: []byte(given.Payload), QoS: given.QoS, Retain: given.Retain, Properties: properties,
	})
	if err != nil {
		fail(err)
	}
	emit("published", nil)
}

func main() {
	ctx := context.Background()
	var manager *autopaho.ConnectionManager
	input := json.NewDecoder(os.Stdin)
	for {
		var given command
		if err := input.Decode(&given); err != nil {
			return
		}
		switch given.Do {
		case "connect":
			manager = connect(ctx, given)
		case "subscribe":
			subscribe(ctx, manager, given)
		case "publish":
			publish(ctx, manager, given)
		case "disconnect":
			if err := manager.Disconnect(ctx); err != nil {
				fail(err)
			}
			emit("disconnected", nil)
		}
	}
}
