package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// LinkHolds is how long a one-time link can be used.
const LinkHolds = 10 * time.Minute

// mostLinks bounds the links that wait for use; a new one takes the place of the oldest.
const mostLinks = 1000

// Links are one-time codes, each worth a principal's token once. They are in memory only, and only their hashes: who
// reads the memory, or the time that a look-up takes, learns no code from it.
type Links struct {
	Now func() time.Time

	mu     sync.Mutex
	byHash map[[sha256.Size]byte]link
}

type link struct {
	principal commands.Principal
	valid     time.Duration // of the token
	made      time.Time
}

// Make gives a code for a principal whose token will be valid for a time.
func (l *Links) Make(p commands.Principal, valid time.Duration) string {
	code := rand.Text() // 130 bits
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byHash == nil {
		l.byHash = map[[sha256.Size]byte]link{}
	}
	now := l.Now()
	var oldest [sha256.Size]byte
	for hash, k := range l.byHash {
		if now.Sub(k.made) > LinkHolds {
			delete(l.byHash, hash)
		} else if first, ok := l.byHash[oldest]; !ok || k.made.Before(first.made) {
			oldest = hash
		}
	}
	if len(l.byHash) >= mostLinks {
		delete(l.byHash, oldest)
	}
	l.byHash[sha256.Sum256([]byte(code))] = link{p, valid, now}
	return code
}

// errLink doesn't say whether there ever was such a code.
var errLink = problem.Textf("the link was used already, or is older than 10 minutes, or the platform was restarted since: ask for a new one")

// Redeem gives what a code is worth; it is worth nothing from then on.
func (l *Links) Redeem(code string) (commands.Principal, time.Duration, error) {
	hash := sha256.Sum256([]byte(code))
	l.mu.Lock()
	defer l.mu.Unlock()
	k, ok := l.byHash[hash]
	delete(l.byHash, hash)
	if !ok || l.Now().Sub(k.made) > LinkHolds {
		return commands.Principal{}, 0, errLink
	}
	return k.principal, k.valid, nil
}
