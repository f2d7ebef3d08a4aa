package esdbserver

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// User is someone who may call a server with Auth. Users are kept in streams
// of the store, $user-<login>, whose newest event counts.
type User struct {
	Login    string
	FullName string
	// Password is set; it can't be read back. Empty keeps the present one.
	Password string
	// Groups besides the user's own name: "$admins" may do everything, "$ops"
	// may manage persistent subscriptions.
	Groups   []string
	Disabled bool
}

// storedUser is what the newest event of a user's stream holds.
type storedUser struct {
	LoginName  string   `json:"loginName"`
	FullName   string   `json:"fullName"`
	Salt       []byte   `json:"salt"`
	Hash       []byte   `json:"hash"`
	Iterations int      `json:"iterations"`
	Disabled   bool     `json:"disabled"`
	Groups     []string `json:"groups"`
}

const (
	usersStream    = "$users"
	settingsStream = "$settings"
	hashIterations = 100_000
	hashBytes      = 32
	maxCachedUsers = 1000
)

func userStream(login string) string { return "$user-" + login }

// users checks passwords. Hashing one takes long on purpose, so a password
// that was right is remembered, as a keyed digest, until its user changes.
type users struct {
	s   *Server
	key [32]byte // of the digests; made anew by each process

	mu       sync.Mutex
	verified map[string]verifiedUser
	settings struct {
		revision int64
		acls     *defaultACLs
	}
}

type verifiedUser struct {
	revision  int64
	digest    [sha256.Size]byte
	principal *principal
}

func newUsers(s *Server) (*users, error) {
	u := &users{s: s, verified: make(map[string]verifiedUser)}
	u.settings.revision = -2
	_, err := rand.Read(u.key[:])
	return u, err
}

func (u *users) digest(password string) (d [sha256.Size]byte) {
	mac := hmac.New(sha256.New, u.key[:])
	_, _ = mac.Write([]byte(password))
	copy(d[:], mac.Sum(nil))
	return d
}

// check returns who a login and password belong to.
func (u *users) check(login, password string) (*principal, error) {
	name := userStream(login)
	if login == "" || checkStreamName(name) != nil {
		return nil, errUnauthenticated()
	}
	revision, stored, err := u.load(name)
	if err != nil {
		return nil, err
	}
	if stored == nil || stored.Disabled {
		return nil, errUnauthenticated()
	}
	digest := u.digest(password)
	u.mu.Lock()
	v, ok := u.verified[login]
	u.mu.Unlock()
	if ok && v.revision == revision && hmac.Equal(v.digest[:], digest[:]) {
		return v.principal, nil
	}
	hash, err := pbkdf2.Key(sha512.New, password, stored.Salt, stored.Iterations, hashBytes)
	if err != nil {
		return nil, err
	}
	if !hmac.Equal(hash, stored.Hash) {
		return nil, errUnauthenticated()
	}
	p := &principal{login: login, groups: stored.Groups}
	u.mu.Lock()
	if len(u.verified) >= maxCachedUsers {
		clear(u.verified)
	}
	u.verified[login] = verifiedUser{revision, digest, p}
	u.mu.Unlock()
	return p, nil
}

// load reads the newest event of a user's stream, nil when there is none.
func (u *users) load(name string) (revision int64, stored *storedUser, err error) {
	revision, data, err := u.s.newest(name)
	if err != nil || data == nil {
		return revision, nil, err
	}
	stored = &storedUser{}
	if err := json.Unmarshal(data, stored); err != nil {
		return revision, nil, fmt.Errorf("stream %q: %w", name, err)
	}
	return revision, stored, nil
}

// newest is the data of a stream's last event, nil when there is none.
func (s *Server) newest(name string) (revision int64, data []byte, err error) {
	r, found, err := s.readable(name)
	if err != nil || !found || r.last < r.first {
		if _, ok := errors.AsType[*apiError](err); ok {
			err = nil // tombstoned
		}
		return -1, nil, err
	}
	var c chunk
	if _, _, err := s.st.scanStream(&c, r, r.last, true, 1); err != nil || len(c.events) == 0 {
		return -1, nil, err
	}
	view, err := parseFrame(c.events[0].frame)
	return view.revision, view.data, err
}

// defaults are the access lists for streams that have none.
func (u *users) defaults() (*defaultACLs, error) {
	revision, data, err := u.s.newest(settingsStream)
	if err != nil {
		return nil, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.settings.revision != revision || u.settings.acls == nil {
		u.settings.revision, u.settings.acls = revision, parseSettings(data)
	}
	return u.settings.acls, nil
}

// PutUser creates a user or changes one.
func (s *Server) PutUser(ctx context.Context, user User) error {
	if user.Login == "" || strings.ContainsAny(user.Login, ":/ ") {
		return fmt.Errorf("user: the login %q is empty or has a character it can't have", user.Login)
	}
	revision, stored, err := s.users.load(userStream(user.Login))
	if err != nil {
		return err
	}
	typ, expected := "$UserUpdated", revision
	if stored == nil {
		if user.Password == "" {
			return fmt.Errorf("user %q: a new user needs a password", user.Login)
		}
		typ, expected, stored = "$UserCreated", expectAny, &storedUser{LoginName: user.Login}
	}
	stored.FullName, stored.Groups, stored.Disabled = user.FullName, user.Groups, user.Disabled
	if stored.Groups == nil {
		stored.Groups = []string{}
	}
	if user.Password != "" {
		stored.Salt, stored.Iterations = make([]byte, 16), hashIterations
		if _, err := rand.Read(stored.Salt); err != nil {
			return err
		}
		if stored.Hash, err = pbkdf2.Key(sha512.New, user.Password, stored.Salt, stored.Iterations, hashBytes); err != nil {
			return err
		}
	}
	data, err := json.Marshal(stored)
	if err != nil {
		return err
	}
	if err := s.put(ctx, userStream(user.Login), expected, proposed{id: uuid.New(), typ: typ, json: true, data: data}); err != nil {
		return fmt.Errorf("user %q: %w", user.Login, err)
	}
	if typ == "$UserUpdated" {
		return nil
	}
	return s.put(ctx, usersStream, expectAny, proposed{id: uuid.New(), typ: "$User", data: []byte(user.Login)})
}

func (s *Server) put(ctx context.Context, stream string, expected int64, e proposed) error {
	return s.writer.write(ctx, &writeRequest{stream: stream, expected: expected, events: []proposed{e}}).failure()
}

// createUsers makes the users that a new store begins with.
func (s *Server) createUsers(ctx context.Context) error {
	auth := s.options.Auth
	if auth == nil && !s.options.CreateUsers {
		return nil
	}
	if _, data, err := s.newest(usersStream); err != nil || data != nil {
		return err
	}
	if auth == nil {
		auth = &Auth{}
	}
	for _, user := range []User{
		{Login: "admin", FullName: "Administrator", Password: auth.AdminPassword, Groups: []string{groupAdmins}},
		{Login: "ops", FullName: "Operations", Password: auth.OpsPassword, Groups: []string{groupOps}},
	} {
		setDefault(&user.Password, "changeit")
		if err := s.PutUser(ctx, user); err != nil {
			return err
		}
	}
	return nil
}
