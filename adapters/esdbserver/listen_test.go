package esdbserver_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

// A connection string can't carry a socket's path; the client's configuration can.
func TestUnixSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "sock") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	s := startServer(t, esdbserver.Options{Listen: "unix:" + path})
	config, err := esdb.ParseConnectionString(s.ConnectionString())
	if err != nil {
		t.Fatal(err)
	}
	config.Address, config.Logger = s.Addr(), esdb.NoopLogging()
	c, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	mustAppend(t, c, "s", esdb.NoStream{}, event("e"))

	_, err = esdbserver.New(esdbserver.Options{DataDir: t.TempDir(), Listen: "unix:" + path, Logger: quiet()})
	if err == nil || !strings.Contains(err.Error(), "in use") {
		t.Fatalf("got %v", err)
	}
}

func TestStoreIsOpenedOnce(t *testing.T) {
	dir := t.TempDir()
	startServer(t, esdbserver.Options{DataDir: dir})
	_, err := esdbserver.Open(esdbserver.Options{DataDir: dir, Logger: quiet()})
	if err == nil || !strings.Contains(err.Error(), "another process has it open") {
		t.Fatalf("got %v", err)
	}
}
