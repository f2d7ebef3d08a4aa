package esdbserver

import "github.com/google/uuid"

// Expected revisions that aren't a number, as EventStoreDB numbers them.
const (
	expectNoStream     = -1
	expectAny          = -2
	expectStreamExists = -4
)

// verdict is what becomes of a write.
type verdict int

const (
	verdictWrite        verdict = iota
	verdictRepeat               // every event is already there: answer as the first time
	verdictWrongVersion         // the stream isn't where the writer expects it
	verdictDeleted              // the stream is tombstoned, or deleted and expected to exist
)

// streamFacts is what a decision needs to know of a stream.
type streamFacts struct {
	last        int64 // last revision, -1 when nothing was ever written
	tombstoned  bool
	softDeleted bool
	hasMeta     bool // its $$stream was written
}

// knownIDs answers questions about events already in the stream.
type knownIDs interface {
	// revisionOf finds an event by id among those remembered.
	revisionOf(id uuid.UUID) (revision int64, known bool, err error)
	// idAt is the id of the event at a revision.
	idAt(revision int64) (id uuid.UUID, found bool, err error)
}

// decide applies the rules of expected revisions and idempotency. For a repeat
// it also returns the revision of the last repeated event.
func decide(facts streamFacts, expected int64, ids []uuid.UUID, known knownIDs) (verdict, int64, error) {
	if facts.tombstoned {
		return verdictDeleted, 0, nil
	}
	switch expected {
	case expectAny:
		return decideByID(ids, known)
	case expectStreamExists:
		if facts.softDeleted {
			return verdictDeleted, 0, nil
		}
		if facts.last < 0 && !facts.hasMeta {
			return verdictWrongVersion, 0, nil
		}
		return decideByID(ids, known)
	}
	switch {
	case expected == facts.last:
		return verdictWrite, 0, nil
	case expected > facts.last || expected < expectNoStream:
		return verdictWrongVersion, 0, nil
	}
	return decideBelow(facts, expected, ids, known)
}

// decideByID decides a write that names no revision: by whether its events are
// known. Known first and unknown later is neither new nor a repeat.
func decideByID(ids []uuid.UUID, known knownIDs) (verdict, int64, error) {
	var last int64
	for i, id := range ids {
		revision, found, err := known.revisionOf(id)
		switch {
		case err != nil:
			return 0, 0, err
		case !found && i == 0:
			return verdictWrite, 0, nil
		case !found:
			return verdictWrongVersion, 0, nil
		}
		last = revision
	}
	if len(ids) == 0 {
		return verdictWrite, 0, nil
	}
	return verdictRepeat, last, nil
}

// decideBelow decides a write that expects a revision the stream has passed: a
// repeat when exactly its events follow there.
func decideBelow(facts streamFacts, expected int64, ids []uuid.UUID, known knownIDs) (verdict, int64, error) {
	for i, id := range ids {
		at, found, err := known.idAt(expected + 1 + int64(i))
		if err != nil {
			return 0, 0, err
		}
		if found && at == id {
			continue
		}
		if i == 0 && expected == expectNoStream && facts.softDeleted {
			return verdictWrite, 0, nil
		}
		return verdictWrongVersion, 0, nil
	}
	if len(ids) == 0 {
		if expected == expectNoStream && facts.softDeleted {
			return verdictWrite, 0, nil
		}
		return verdictWrongVersion, 0, nil
	}
	return verdictRepeat, expected + int64(len(ids)), nil
}
