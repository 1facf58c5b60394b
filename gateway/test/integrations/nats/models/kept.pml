/*
 * Messages that must arrive: one gateway takes them, writes them down and publishes them to the servers' stream; another one reads the stream.
 * The sender is kept/publisher.ts with its outbox, the receiver kept/origins.ts.
 *
 * What may happen meanwhile: the link is cut, and what was under way is lost or arrives late; the servers refuse a message and take those
 * behind it; they do not answer in time; the sender is killed, and does not remember what it had just deleted; a message can never be sent.
 *
 * What must hold: whoever reads the stream gets every message that can be sent, once and in its order, and in the end nothing waits.
 */
#ifndef MESSAGES
#define MESSAGES 3
#endif
/* How many of these things happen. */
#ifndef FAULTS
#define FAULTS 2
#endif
#define WINDOW 2
#define ROOM 12

/* What was taken: its chain (a run of the sender), its number in it, and whether the servers can ever take it. */
byte chain[MESSAGES], number[MESSAGES];
bool hopeless[MESSAGES];
byte taken, oldest, life, base;

/* The publisher: entries from the oldest on are in flight; acknowledgements belong to an attempt. */
bool isUp = true, isProbing = true, isWaiting;
byte attempt, inFlight, shifted, probed;
bool acked[ROOM];

/* attempt, place in it, entry, floor */
chan wire = [4] of { byte, byte, byte, byte };
chan late = [4] of { byte, byte, byte, byte };
/* attempt, place, stored */
chan answers = [8] of { byte, byte, bool };

/* The stream, and who reads it. */
byte entryAt[ROOM], floorAt[ROOM], length, position;
byte next[FAULTS + 2], delivered;

byte faults;

/* Not part of a state: nobody looks at them in another step. */
hidden byte i, a, p, e, f, stored;

inline restart() {
  attempt++; inFlight = 0; shifted = 0; isProbing = true; isWaiting = false;
  for (i : 0 .. ROOM - 1) { acked[i] = false }
}

inline store(a, p, e, f) {
  assert(length < ROOM);
  entryAt[length] = e; floorAt[length] = f; length++;
  if
  :: nfull(answers) -> answers!a, p, true
  :: full(answers)
  fi
}

inline lose(channel) {
  do
  :: nempty(channel) -> channel?_, _, _, _
  :: empty(channel) -> break
  od
}

/* What was under way is lost, or arrives after what is sent by the next link. */
inline cut() {
  lose(late);
  if
  :: lose(wire)
  :: do
     :: nempty(wire) -> wire?a, p, e, f; late!a, p, e, f
     :: empty(wire) -> break
     od
  fi;
  do
  :: nempty(answers) -> answers?_, _, _
  :: empty(answers) -> break
  od;
  isUp = false;
  restart()
}

inline shift() {
  do
  :: acked[shifted] = false; oldest++; shifted++; inFlight--;
     if
     :: inFlight > 0 && acked[shifted]
     :: else -> break
     fi
  od;
  isProbing = false;
  begin()
}

/* The first of a chain comes alone: who knows nothing of it cannot tell that one is missing before the first that it sees. */
inline begin() {
#ifndef BEGIN_IN_MIDST
  if
  :: oldest < taken && chain[oldest] != probed -> probed = chain[oldest]; isProbing = true
  :: else
  fi
#else
  skip
#endif
}

/* Of an origin that is read for the first time, everything from its first number on is there. */
inline receive() {
  e = entryAt[position]; f = floorAt[position]; position++;
  if
  :: number[e] < next[chain[e]]
  :: number[e] >= next[chain[e]] ->
     if
#ifndef TAKE_WHAT_COMES
     :: next[chain[e]] == 0 && f == 0 && number[e] > 0
     :: next[chain[e]] > 0 && number[e] > next[chain[e]] && f < number[e]
#endif
     :: else ->
        next[chain[e]] = number[e] + 1;
        /* Whatever was left out could never be sent. */
        do
        :: delivered < e -> assert(hopeless[delivered]); delivered++
        :: delivered == e -> delivered++; break
        :: delivered > e -> assert(false)
        od
     fi
  fi
}

active proctype room() {
#ifdef LEFT
  /* An earlier run left one, at which this one begins. */
  taken = 1; life = 1; base = 1;
#endif
  do
  :: atomic { taken < MESSAGES ->
       chain[taken] = life; number[taken] = taken - base;
       if
       :: hopeless[taken] = false
       :: hopeless[taken] = true
       fi;
       taken++;
       begin() }

  :: atomic { isUp && !isWaiting && inFlight < (isProbing -> 1 : WINDOW) && oldest + inFlight < taken &&
       chain[oldest + inFlight] == chain[oldest] && !hopeless[oldest + inFlight] && nfull(wire) ->
       e = oldest + inFlight;
       wire!attempt, shifted + inFlight, e, number[oldest];
       inFlight++ }
  :: atomic { isUp && !isWaiting && inFlight == 0 && oldest < taken && hopeless[oldest] -> oldest++; begin() }

  :: atomic { nempty(wire) && length < ROOM ->
       wire?a, p, e, f;
       if
       :: store(a, p, e, f)
       :: faults < FAULTS && nfull(answers) -> faults++; answers!a, p, false
       fi }
  :: atomic { nempty(late) && length < ROOM -> late?a, p, e, f; store(a, p, e, f) }

  :: atomic { isUp && nempty(answers) ->
       /* Several servers answer, so that one may overtake another. */
       if
       :: answers?a, p, stored
       :: len(answers) > 1 -> answers?a, p, stored; answers!a, p, stored; answers?a, p, stored
       fi;
       if
       :: a != attempt || p < shifted || p >= shifted + inFlight
       :: else ->
          if
          :: !stored -> restart(); isWaiting = true
          :: stored && p == shifted -> shift()
          :: else -> acked[p] = true
          fi
       fi }
  :: atomic { isWaiting -> isWaiting = false }
  :: atomic { isUp && inFlight > 0 && faults < FAULTS -> faults++; restart(); isWaiting = true }

  :: atomic { isUp && faults < FAULTS -> faults++; cut() }
  :: atomic { !isUp -> isUp = true; restart() }
  :: atomic { faults < FAULTS ->
       faults++; cut();
       life++; base = taken;
       /* What was deleted last is there again. */
       if
       :: oldest > 0 -> oldest--
       :: true
       fi }

  :: atomic { position < length -> receive() }

  :: atomic { timeout -> break }
  od;
  do
  :: delivered < taken && hopeless[delivered] -> delivered++
  :: else -> break
  od;
  assert(taken == MESSAGES && oldest == taken && delivered == taken)
}
