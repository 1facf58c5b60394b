import { readStatements } from './statements.ts';

/** What MQTT 3.1.1 demands, by number (its appendix B), in our words; after a bar why no test of a broker can show it. */
export const STATEMENTS_4 = readStatements(`
1.5.3-1 Strings are well-formed UTF-8.
1.5.3-2 No string contains NUL.
1.5.3-3 U+FEFF is a character like any other.
2.2.2-1 Reserved flags have the values that are listed.
2.2.2-2 Other flags end the connection.
2.3.1-1 SUBSCRIBE, UNSUBSCRIBE and PUBLISH above QoS 0 have a packet identifier that is not 0.
2.3.1-2 Clients give new packets an identifier that is not in use. | client
2.3.1-3 Clients send a packet again under the identifier that it had. | client
2.3.1-4 So does the broker, and gives new messages an identifier that is not in use.
2.3.1-5 PUBLISH of QoS 0 has no packet identifier.
2.3.1-6 PUBACK, PUBREC and PUBREL have the packet identifier of their message.
2.3.1-7 SUBACK and UNSUBACK have that of their request.
3.1.0-1 The first packet of a client is CONNECT.
3.1.0-2 A second one ends the connection.
3.1.2-1 Another protocol name is not treated as MQTT.
3.1.2-2 An unknown level is answered with code 1, and the connection ends.
3.1.2-3 The reserved flag of CONNECT ends the connection.
3.1.2-4 Without clean session, the session is resumed, or made, and is kept.
3.1.2-5 Its messages of QoS 1 and 2 are kept while the client is away.
3.1.2-6 Clean session discards what was, and ends with its connection.
3.1.2-7 What is retained is no part of a session.
3.1.2-8 A will is stored, and published when the connection ends without DISCONNECT.
3.1.2-9 A will comes with topic and payload, and has the QoS and retain that CONNECT says.
3.1.2-10 It is forgotten once published, and at a DISCONNECT.
3.1.2-11 Without a will, no QoS, retain, topic and payload of one.
3.1.2-12 Without a will, none is published.
3.1.2-13 Without a will, the will QoS is 0.
3.1.2-14 A will has QoS 0, 1 or 2.
3.1.2-15 Without a will, will retain is 0.
3.1.2-16 Without will retain, a will is not retained.
3.1.2-17 With it, it is.
3.1.2-18 No user name where its flag is 0.
3.1.2-19 A user name where it is 1.
3.1.2-20 No password where its flag is 0.
3.1.2-21 A password where it is 1.
3.1.2-22 No password without a user name.
3.1.2-23 Clients send something within their keep-alive time. | client
3.1.2-24 One and a half keep-alive times of silence end the connection.
3.1.3-1 Id, will, user name and password come in this order.
3.1.3-2 The id says whose session it is.
3.1.3-3 The id is there, and first.
3.1.3-4 The id is UTF-8.
3.1.3-5 Ids of 1 to 23 letters and digits are taken.
3.1.3-6 Clients without an id get one each.
3.1.3-7 They ask for a clean session.
3.1.3-8 If they do not, they are refused with code 2.
3.1.3-9 So is an id that the broker does not take.
3.1.3-10 The will topic is UTF-8.
3.1.3-11 The user name is UTF-8.
3.1.4-1 A wrong CONNECT ends the connection without CONNACK.
3.1.4-2 An id that comes again ends the older connection.
3.1.4-3 Clean session is dealt with.
3.1.4-4 A CONNECT is answered with code 0.
3.1.4-5 Nothing counts that follows a refused CONNECT.
3.2.0-1 CONNACK is the broker's first packet.
3.2.2-1 Session present is 0 with clean session.
3.2.2-2 It is 1 where there is a session.
3.2.2-3 It is 0 where there is none.
3.2.2-4 It is 0 where a client is refused.
3.2.2-5 A refusal ends the connection.
3.2.2-6 What no code says ends the connection without CONNACK.
3.3.1-1 What is sent again has DUP.
3.3.1-2 QoS 0 has no DUP.
3.3.1-3 DUP does not go on from sender to subscriber.
3.3.1-4 No QoS 3.
3.3.1-5 A message with RETAIN is stored with its QoS.
3.3.1-6 A new subscription gets the last retained message of each topic.
3.3.1-7 One of QoS 0 takes the place of what was retained.
3.3.1-8 To a new subscription it is sent with RETAIN.
3.3.1-9 To those that were there, a message is sent without.
3.3.1-10 An empty one removes what is retained, and is delivered.
3.3.1-11 It is not retained itself.
3.3.1-12 A message without RETAIN changes nothing that is retained.
3.3.2-1 The topic is there, first, and UTF-8.
3.3.2-2 It has no wildcards.
3.3.2-3 What a subscriber gets matches its filter.
3.3.4-1 A PUBLISH is answered as its QoS asks for.
3.3.5-1 Where filters overlap, the highest QoS counts.
3.3.5-2 What may not be published is acknowledged, or ends the connection.
3.6.1-1 PUBREL has its flags.
3.8.1-1 SUBSCRIBE has its flags.
3.8.3-1 Filters are UTF-8.
3.8.3-2 Filters with wildcards are refused where they are not supported. | supported
3.8.3-3 SUBSCRIBE has a filter.
3.8.3-4 Its reserved bits are 0, and its QoS is below 3.
3.8.4-1 SUBSCRIBE is answered with SUBACK.
3.8.4-2 It has the same packet identifier.
3.8.4-3 The same filter again replaces the subscription, sends what is retained, and loses nothing.
3.8.4-4 Several filters count like several SUBSCRIBEs.
3.8.4-5 Each filter has a code.
3.8.4-6 Messages have the lower QoS of sender and subscription.
3.9.3-1 The codes are in the order of the filters.
3.9.3-2 No codes but 0, 1, 2 and 0x80.
3.10.1-1 UNSUBSCRIBE has its flags.
3.10.3-1 Its filters are UTF-8.
3.10.3-2 It has a filter.
3.10.4-1 Exactly the subscription of that filter ends.
3.10.4-2 Nothing new comes then.
3.10.4-3 What is on its way is delivered to its end.
3.10.4-4 UNSUBACK has the same packet identifier.
3.10.4-5 It comes where there was no subscription, too.
3.10.4-6 Several filters count like several UNSUBSCRIBEs, with one answer.
3.12.4-1 PINGREQ is answered with PINGRESP.
3.14.1-1 DISCONNECT has no flags.
3.14.4-1 Clients close the connection after DISCONNECT. | client
3.14.4-2 Clients send nothing after DISCONNECT. | client
3.14.4-3 DISCONNECT drops the will.
4.1.0-1 A session is stored as long as it lasts.
4.1.0-2 It lasts at least as long as its connection.
4.3.1-1 QoS 0 is sent without DUP.
4.3.2-1 QoS 1: how it is sent, until PUBACK.
4.3.2-2 QoS 1: how it is received; the identifier is free after PUBACK.
4.3.3-1 QoS 2: how it is sent, until PUBREC and PUBCOMP.
4.3.3-2 QoS 2: how it is received, once until PUBREL.
4.4.0-1 A session that is resumed sends again what was not acknowledged, under its identifiers.
4.5.0-1 A message is added to the session of each client that subscribed.
4.5.0-2 Clients acknowledge what they get. | client
4.6.0-1 Messages are sent again in their order.
4.6.0-2 PUBACK come in the order of the messages.
4.6.0-3 PUBREC come in the order of the messages.
4.6.0-4 PUBREL come in the order of the PUBREC.
4.6.0-5 Topics are ordered.
4.6.0-6 Subscribers get the messages of a client in its order.
4.7.1-1 No topic has wildcards.
4.7.1-2 # is a level of its own, and the last.
4.7.1-3 + is a level of its own.
4.7.2-1 A wildcard in front does not match topics that begin with $.
4.7.3-1 Topics and filters are not empty.
4.7.3-2 They have no NUL.
4.7.3-3 They have 65,535 bytes at most.
4.7.3-4 They are compared as they are.
4.8.0-1 What breaks the rules ends the connection.
4.8.0-2 So does a passing fault. | fault
6.0.0-1 WebSocket: binary frames only.
6.0.0-2 WebSocket: packets may be cut by frames.
6.0.0-3 WebSocket: clients ask for the sub-protocol mqtt. | client
6.0.0-4 WebSocket: the broker chooses mqtt.
7.0.0-1 A broker that connects to others is a client too. | bridge
7.0.0-2 No extension is needed. | whole
7.1.1-1 A transport that is ordered and loses nothing.
7.1.2-1 The same for clients. | client
`);
