/*
 * One client id and several gateways: a client joins at one gateway while another still has it. Each gateway follows clients/rule.ts, and knows
 * of the others only what the bucket says, which it may see late; a request to change the bucket counts only where the entry is the one that was
 * seen, and its answer may be lost.
 *
 * What may happen meanwhile: clients join and leave at any gateway, with clocks that differ; links are cut and come back; whoever is cut off for
 * long counts as gone for the others; gateways are killed and start anew.
 *
 * What must hold once all are connected: nobody has anything left to do; exactly one gateway has a client that did not leave, the bucket says
 * which, and all of them know.
 */
#ifndef GATEWAYS
#define GATEWAYS 2
#endif
/* How many of these things happen. */
#ifndef EVENTS
#define EVENTS 4
#endif
#define NOBODY GATEWAYS

/* What the bucket says. An entry that was taken away has a revision, too. */
byte holder = NOBODY, holderLife, since, revision;

/* What each gateway knows of the bucket. */
byte knownHolder[GATEWAYS], knownLife[GATEWAYS], knownSince[GATEWAYS], knownRevision[GATEWAYS];

/* Its client, and the request that is under way for it. */
bool has[GATEWAYS];
byte hasSince[GATEWAYS], latest[GATEWAYS];
mtype = { nothing, asked, answered };
mtype request[GATEWAYS];
bool isWrite[GATEWAYS], wasDone[GATEWAYS];
byte askedSince[GATEWAYS], askedRevision[GATEWAYS], doneRevision[GATEWAYS];

bool isLinked[GATEWAYS];
/* Whether others still count it as there, though it is cut off. */
bool isThere[GATEWAYS];
byte life[GATEWAYS];

byte events;
/* It joined somewhere, and it, or its gateway, left. A gateway that does not know of that yet may send it away elsewhere: it joins again. */
bool joined, left;

hidden byte i, g, count;

inline look(x) {
  knownHolder[x] = holder; knownLife[x] = holderLife; knownSince[x] = since; knownRevision[x] = revision
}

inline ended() {
  request[g] = nothing; isWrite[g] = false; wasDone[g] = false;
  askedSince[g] = 0; askedRevision[g] = 0; doneRevision[g] = 0
}


/* The run of the gateway that wrote the entry is there. */
#define present(x) (knownHolder[x] != NOBODY && isThere[knownHolder[x]] && life[knownHolder[x]] == knownLife[x])
#define mine(x) (knownHolder[x] == x)
#ifdef WHO_WRITES_LAST
#define later(x) true
#else
#define later(x) (hasSince[x] > knownSince[x] || (hasSince[x] == knownSince[x] && x > knownHolder[x]))
#endif
#define mustRemove(x) (!has[x] && mine(x))
#define mustWrite(x) (has[x] && ((mine(x) && (knownLife[x] != life[x] || knownSince[x] != hasSince[x])) || \
  (!mine(x) && (knownHolder[x] == NOBODY || !present(x) || later(x)))))
#define mustGiveUp(x) (has[x] && !mine(x) && knownHolder[x] != NOBODY && present(x) && !later(x))

proctype gateway(byte me) {
  do
  /* The clock of each gateway is what it is, and may be set back; what it said before, or knows of, counts. */
  :: atomic { events < EVENTS ->
       g = me;
       if
       :: hasSince[g] = 1
       :: hasSince[g] = 2
       fi;
       if
       :: latest[g] > hasSince[g] -> hasSince[g] = latest[g]
       :: else
       fi;
       if
       :: knownHolder[g] != NOBODY && knownSince[g] >= hasSince[g] -> hasSince[g] = knownSince[g] + 1
       :: else
       fi;
#ifndef BY_THE_CLOCK
       latest[g] = hasSince[g];
#endif
       has[g] = true; joined = true; events++ }
  :: atomic { events < EVENTS && has[me] -> g = me; has[g] = false; hasSince[g] = 0; left = true; events++ }
  :: atomic { events < EVENTS && isLinked[me] ->
       g = me; isLinked[g] = false; ended(); events++ }
  :: atomic { !isLinked[me] && isThere[me] -> isThere[me] = false }
  :: atomic { !isLinked[me] -> isLinked[me] = true; isThere[me] = true }
  :: atomic { events < EVENTS ->
       g = me;
       life[g]++; latest[g] = 0; has[g] = false; hasSince[g] = 0; isLinked[g] = false; isThere[g] = false; ended();
       knownHolder[g] = NOBODY; knownLife[g] = 0; knownSince[g] = 0; knownRevision[g] = 0;
       left = true; events++ }

  :: atomic { isLinked[me] && knownRevision[me] < revision -> look(me) }

  :: atomic { isLinked[me] && request[me] == nothing && mustGiveUp(me) -> g = me; has[g] = false; hasSince[g] = 0 }
  :: atomic { isLinked[me] && request[me] == nothing && (mustWrite(me) || mustRemove(me)) ->
       g = me; request[g] = asked; isWrite[g] = mustWrite(me); askedSince[g] = hasSince[g]; askedRevision[g] = knownRevision[g];
       if
       :: isWrite[g] && knownHolder[g] == NOBODY -> askedRevision[g] = 0
       :: else
       fi }
  /* The servers: an entry is made where there is none, else changed where it is the one that was seen. */
  :: atomic { request[me] == asked ->
       g = me; request[g] = answered;
       if
       :: (isWrite[g] && askedRevision[g] == 0 && holder == NOBODY) || (askedRevision[g] > 0 && askedRevision[g] == revision) ->
          revision++; wasDone[g] = true; doneRevision[g] = revision;
          if
          :: isWrite[g] -> holder = g; holderLife = life[g]; since = askedSince[g]
          :: else -> holder = NOBODY; holderLife = 0; since = 0
          fi
       :: else
       fi }
  :: atomic { request[me] == answered && isLinked[me] ->
       g = me;
       if
       :: wasDone[g] && doneRevision[g] > knownRevision[g] ->
          knownRevision[g] = doneRevision[g];
          if
          :: isWrite[g] -> knownHolder[g] = g; knownLife[g] = life[g]; knownSince[g] = askedSince[g]
          :: else -> knownHolder[g] = NOBODY; knownLife[g] = 0; knownSince[g] = 0
          fi
       :: !wasDone[g] -> look(g)
       :: else
       fi;
       ended() }
  :: atomic { timeout -> break }
  od
}

init {
  atomic {
    for (i : 0 .. GATEWAYS - 1) {
      knownHolder[i] = NOBODY; isLinked[i] = true; isThere[i] = true; request[i] = nothing
    }
    for (i : 0 .. GATEWAYS - 1) { run gateway(i) }
  }
  atomic { _nr_pr == 1 ->
    count = 0;
    for (g : 0 .. GATEWAYS - 1) {
      count = count + has[g];
      assert(knownRevision[g] == revision && knownHolder[g] == holder);
      assert(has[g] == (holder == g))
    }
    assert(count == joined || (left && count == 0))
  }
}
