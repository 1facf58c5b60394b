import { readStatements } from './statements.ts';

/** What MQTT 5.0 demands, by number (its appendix B), in our words; after a bar why no test of a broker can show it. */
export const STATEMENTS_5 = readStatements(`
1.5.4-1 Strings are well-formed UTF-8.
1.5.4-2 No string contains NUL.
1.5.4-3 U+FEFF is a character like any other.
1.5.5-1 Variable byte integers are as short as they can be.
1.5.7-1 Both strings of a pair keep to the rules of strings.
2.1.3-1 Reserved flags have the values that are listed.
2.2.1-2 PUBLISH of QoS 0 has no packet identifier.
2.2.1-3 Clients give new packets an identifier that is not 0 and not in use.
2.2.1-4 So does the broker.
2.2.1-5 PUBACK, PUBREC, PUBREL and PUBCOMP have the packet identifier of their message.
2.2.1-6 SUBACK and UNSUBACK have that of their request.
2.2.2-1 Where there are no properties, there is a property length of 0.
3.1.0-1 The first packet of a client is CONNECT.
3.1.0-2 A second one is a protocol error.
3.1.2-1 The protocol name is MQTT; another one ends the connection.
3.1.2-2 So does another version, which may be answered with 0x84.
3.1.2-3 The reserved flag of CONNECT is checked.
3.1.2-4 Clean start discards the session and makes a new one.
3.1.2-5 Without clean start, the session is resumed.
3.1.2-6 Where there is none, one is made.
3.1.2-7 A will is stored with the session.
3.1.2-8 It is published when the connection has ended, after its delay or with the session, unless it was dropped.
3.1.2-9 A will comes with properties, topic and payload, and has the QoS and retain that CONNECT says.
3.1.2-10 It is forgotten once published, and at a normal DISCONNECT.
3.1.2-11 Without a will, the will QoS is 0.
3.1.2-12 A will has QoS 0, 1 or 2.
3.1.2-13 Without a will, will retain is 0.
3.1.2-14 Without will retain, a will is not retained.
3.1.2-15 With it, it is.
3.1.2-16 No user name where its flag is 0.
3.1.2-17 A user name where it is 1.
3.1.2-18 No password where its flag is 0.
3.1.2-19 A password where it is 1.
3.1.2-20 Clients send something within their keep-alive time. | client
3.1.2-21 Clients use the keep-alive time that the broker gives them. | client
3.1.2-22 One and a half keep-alive times of silence end the connection.
3.1.2-23 A session with an expiry is kept when the connection ends.
3.1.2-24 No packet is longer than the client's maximum packet size.
3.1.2-25 A message that would be is left out, as if it had been delivered.
3.1.2-26 No topic alias above the client's topic alias maximum.
3.1.2-27 None at all where that is 0 or missing.
3.1.2-28 No response information for who does not ask for it.
3.1.2-29 Without request problem information, reason string and user properties only in PUBLISH, CONNACK and DISCONNECT.
3.1.2-30 Clients with an authentication method send nothing but AUTH and DISCONNECT until CONNACK. | client
3.1.3-1 Id, will, user name and password come in this order.
3.1.3-2 The id says whose session it is.
3.1.3-3 The id is there, and first.
3.1.3-4 The id is UTF-8.
3.1.3-5 Ids of 1 to 23 letters and digits are taken.
3.1.3-6 Clients without an id get one each.
3.1.3-7 It counts as if it were theirs, and is told.
3.1.3-8 An id that the broker does not take ends the connection.
3.1.3-9 No will where the client is back before its delay is over.
3.1.3-10 A will keeps the order of its user properties.
3.1.3-11 The will topic is UTF-8.
3.1.3-12 The user name is UTF-8.
3.1.4-1 A wrong CONNECT ends the connection.
3.1.4-2 So does one that may not come in.
3.1.4-3 An id that comes again ends the older connection, with 0x8e.
3.1.4-4 Clean start is dealt with.
3.1.4-5 A CONNECT is answered with reason 0.
3.1.4-6 Nothing but AUTH counts that follows a refused CONNECT.
3.2.0-1 CONNACK comes before all else but AUTH.
3.2.0-2 It comes once.
3.2.2-1 Its other flags are 0.
3.2.2-2 Session present is 0 with clean start.
3.2.2-3 Without, it says whether there is a session.
3.2.2-4 Clients without a session do not go on where there is one. | client
3.2.2-5 Clients drop their session where there is none. | client
3.2.2-6 Session present is 0 where a client is refused.
3.2.2-7 A refusal ends the connection.
3.2.2-8 CONNACK has one of its reasons.
3.2.2-9 A broker without QoS 1 or 2 says so. | supported
3.2.2-10 SUBSCRIBE may ask for any QoS.
3.2.2-11 Clients keep to the broker's maximum QoS. | client
3.2.2-12 A will of a QoS that the broker does not have is refused. | supported
3.2.2-13 A will to be retained is refused where nothing is retained. | supported
3.2.2-14 Clients retain nothing where that is not available. | client
3.2.2-15 Clients keep to the broker's maximum packet size.
3.2.2-16 An id that the broker gives is told, and new.
3.2.2-17 Clients keep to the broker's topic alias maximum.
3.2.2-18 Clients use no topic aliases where it is 0. | supported
3.2.2-19 No reason string that makes CONNACK longer than the client's maximum packet size.
3.2.2-20 No user property that does.
3.2.2-21 Clients use the keep-alive time that the broker gives them. | client
3.2.2-22 Where it gives none, the client's counts.
3.3.1-1 What is sent again has DUP.
3.3.1-2 QoS 0 has no DUP.
3.3.1-3 DUP does not go on from sender to subscriber.
3.3.1-4 No QoS 3.
3.3.1-5 A message with RETAIN is stored with its QoS, in place of any other.
3.3.1-6 An empty one removes what is retained, and is delivered.
3.3.1-7 It is not retained itself.
3.3.1-8 A message without RETAIN changes nothing that is retained.
3.3.1-9 Retain handling 0: what is retained is sent.
3.3.1-10 Retain handling 1: only to a new subscription.
3.3.1-11 Retain handling 2: not at all.
3.3.1-12 Without retain as published, messages go on without RETAIN.
3.3.1-13 With it, they go on with the RETAIN of their sender.
3.3.2-1 The topic is there, first, and UTF-8.
3.3.2-2 It has no wildcards.
3.3.2-3 What a subscriber gets matches its filter.
3.3.2-4 The payload format goes on as it is.
3.3.2-5 A message that has expired is dropped.
3.3.2-6 One that has waited says what is left of its expiry.
3.3.2-7 Topic aliases end with their connection.
3.3.2-8 No topic alias 0.
3.3.2-9 No topic alias above the broker's topic alias maximum.
3.3.2-10 Clients take all topic aliases up to their own. | client
3.3.2-11 The broker uses none above it.
3.3.2-12 The broker takes all up to its own.
3.3.2-13 The response topic is UTF-8.
3.3.2-14 It has no wildcards.
3.3.2-15 It goes on as it is.
3.3.2-16 Correlation data goes on as it is.
3.3.2-17 User properties go on as they are.
3.3.2-18 They keep their order.
3.3.2-19 The content type is UTF-8.
3.3.2-20 It goes on as it is.
3.3.4-1 A PUBLISH is answered as its QoS asks for.
3.3.4-2 Where filters overlap, the highest QoS counts.
3.3.4-3 A message has the subscription identifiers of the filters that it matches.
3.3.4-4 One copy has all of them.
3.3.4-5 Of several copies, each has its own. | single
3.3.4-6 Clients publish without subscription identifiers.
3.3.4-7 Clients keep to the broker's receive maximum.
3.3.4-8 Clients hold nothing back but PUBLISH for it. | client
3.3.4-9 The broker keeps to the client's receive maximum.
3.3.4-10 It holds nothing back but PUBLISH for it.
3.4.2-1 PUBACK has one of its reasons.
3.4.2-2 No reason string that makes PUBACK longer than the receiver's maximum packet size.
3.4.2-3 No user property that does.
3.5.2-1 PUBREC has one of its reasons.
3.5.2-2 No reason string that makes PUBREC longer than the receiver's maximum packet size.
3.5.2-3 No user property that does.
3.6.1-1 PUBREL has its flags.
3.6.2-1 PUBREL has one of its reasons.
3.6.2-2 No reason string that makes PUBREL longer than the receiver's maximum packet size.
3.6.2-3 No user property that does.
3.7.2-1 PUBCOMP has one of its reasons.
3.7.2-2 No reason string that makes PUBCOMP longer than the receiver's maximum packet size.
3.7.2-3 No user property that does.
3.8.1-1 SUBSCRIBE has its flags.
3.8.3-1 Filters are UTF-8.
3.8.3-2 SUBSCRIBE has a filter.
3.8.3-3 No local: nobody gets its own messages.
3.8.3-4 No local and a shared subscription exclude each other.
3.8.3-5 The reserved bits of subscription options are 0.
3.8.4-1 SUBSCRIBE is answered with SUBACK.
3.8.4-2 It has the same packet identifier.
3.8.4-3 The same filter again replaces the subscription.
3.8.4-4 With retain handling 0, what is retained is sent again; nothing is lost.
3.8.4-5 Several filters count like several SUBSCRIBEs.
3.8.4-6 Each filter has a reason.
3.8.4-7 It is the QoS that was granted, or says that none was.
3.8.4-8 Messages have the lower QoS of sender and subscription.
3.9.2-1 No reason string that makes SUBACK longer than the client's maximum packet size.
3.9.2-2 No user property that does.
3.9.3-1 The reasons are in the order of the filters.
3.9.3-2 SUBACK has its reasons only.
3.10.1-1 UNSUBSCRIBE has its flags.
3.10.3-1 Its filters are UTF-8.
3.10.3-2 It has a filter.
3.10.4-1 Exactly the subscription of that filter ends.
3.10.4-2 Nothing new comes then.
3.10.4-3 What is on its way is delivered to its end.
3.10.4-4 UNSUBSCRIBE is answered with UNSUBACK.
3.10.4-5 It has the same packet identifier, and comes where there was no subscription, too.
3.10.4-6 Several filters count like several UNSUBSCRIBEs, with one answer.
3.11.2-1 No reason string that makes UNSUBACK longer than the client's maximum packet size.
3.11.2-2 No user property that does.
3.11.3-1 The reasons are in the order of the filters.
3.11.3-2 UNSUBACK has its reasons only.
3.12.4-1 PINGREQ is answered with PINGRESP.
3.14.0-1 No DISCONNECT before a CONNACK of success.
3.14.1-1 DISCONNECT has no flags; if it has, it is answered with 0x81.
3.14.2-1 DISCONNECT has one of its reasons.
3.14.2-2 The broker's has no session expiry.
3.14.2-3 No reason string that makes DISCONNECT longer than the receiver's maximum packet size.
3.14.2-4 No user property that does.
3.14.4-1 Nothing is sent after DISCONNECT.
3.14.4-2 The connection is closed after it.
3.14.4-3 A normal DISCONNECT drops the will.
3.15.1-1 AUTH has no flags.
3.15.2-1 AUTH has one of its reasons.
3.15.2-2 No reason string that makes AUTH longer than the receiver's maximum packet size. | auth
3.15.2-3 No user property that does. | auth
4.1.0-1 A session lasts at least as long as its connection.
4.1.0-2 It is gone when it has expired.
4.2.0-1 A transport that is ordered and loses nothing.
4.3.1-1 QoS 0 is sent without DUP.
4.3.2-1 QoS 1: a new message has a packet identifier that is not in use.
4.3.2-2 It is sent with it, without DUP.
4.3.2-3 It is on its way until its PUBACK.
4.3.2-4 It is answered with a PUBACK of its identifier.
4.3.2-5 After that the identifier is a new message's, with DUP or without.
4.3.3-1 QoS 2: a new message has a packet identifier that is not in use.
4.3.3-2 It is sent with it, without DUP.
4.3.3-3 It is on its way until its PUBREC.
4.3.3-4 PUBREC is answered with a PUBREL of its identifier.
4.3.3-5 That is on its way until its PUBCOMP.
4.3.3-6 After PUBREL the message is not sent again.
4.3.3-7 A message that was sent does not expire.
4.3.3-8 It is answered with a PUBREC of its identifier.
4.3.3-9 After a PUBREC of an error the identifier is a new message's.
4.3.3-10 Until PUBREL it is the same message, which is delivered once.
4.3.3-11 PUBREL is answered with a PUBCOMP of its identifier.
4.3.3-12 After PUBCOMP the identifier is a new message's.
4.3.3-13 A message that has expired goes through all of this, too.
4.4.0-1 A session that is resumed sends again what was not acknowledged, under its identifiers, and only then.
4.4.0-2 What was acknowledged with an error is not sent again.
4.5.0-1 A message is added to the session of each client that subscribed.
4.5.0-2 Clients acknowledge what they get. | client
4.6.0-1 Clients send messages again in their order. | client
4.6.0-2 Clients send PUBACK in the order of the messages. | client
4.6.0-3 Clients send PUBREC in the order of the messages. | client
4.6.0-4 Clients send PUBREL in the order of the PUBREC. | client
4.6.0-5 Subscribers get the messages of a client in its order.
4.6.0-6 That holds for every subscription that is not shared.
4.7.0-1 No topic has wildcards.
4.7.1-1 # is a level of its own, and the last.
4.7.1-2 + is a level of its own.
4.7.2-1 A wildcard in front does not match topics that begin with $.
4.7.3-1 Topics and filters are not empty.
4.7.3-2 They have no NUL.
4.7.3-3 They have 65,535 bytes at most.
4.7.3-4 They are compared as they are.
4.8.2-1 A shared subscription is $share/, the name of a group, and a filter.
4.8.2-2 The name has no / + and #, and a / after it.
4.8.2-3 Its messages have the QoS that the member was granted.
4.8.2-4 QoS 2: what a member has begun to take is delivered to it when it is back.
4.8.2-5 It goes to no other member if it never is.
4.8.2-6 Nor does what a member refuses.
4.9.0-1 No more is sent at first than receive maximum.
4.9.0-2 Each message of QoS 1 and 2 counts, and at the end of it none is sent.
4.9.0-3 All else goes on.
4.12.0-1 An unknown authentication method ends the connection.
4.12.0-2 AUTH of a broker has reason 0x18. | auth
4.12.0-3 So has that of clients. | client
4.12.0-4 Who cannot be authenticated is cut off.
4.12.0-5 AUTH and CONNACK name the method of the CONNECT. | auth
4.12.0-6 Who named none gets no AUTH, and a CONNACK without one.
4.12.0-7 Who named none sends no AUTH.
4.12.1-1 To authenticate again, clients name the same method.
4.12.1-2 Where that fails, the connection ends.
4.13.1-1 Malformed packets and protocol errors end the connection.
4.13.2-1 So does every reason from 0x80 on in CONNACK and DISCONNECT.
6.0.0-1 WebSocket: binary frames only.
6.0.0-2 WebSocket: packets may be cut by frames.
6.0.0-3 WebSocket: clients ask for the sub-protocol mqtt. | client
6.0.0-4 WebSocket: the broker chooses mqtt.
`);
