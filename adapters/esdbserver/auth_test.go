package esdbserver_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

func selfSigned(t testing.TB) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "node"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(certificate)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, pool
}

// as connects with a user's password.
func as(t testing.TB, s *esdbserver.Server, pool *x509.CertPool, user, password string) *esdb.Client {
	t.Helper()
	connection := s.ConnectionString()
	if user != "" {
		connection = strings.Replace(connection, "esdb://", "esdb://"+user+":"+password+"@", 1)
	}
	config, err := esdb.ParseConnectionString(connection)
	if err != nil {
		t.Fatal(err)
	}
	config.RootCAs, config.Logger = pool, esdb.NoopLogging()
	c, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestCredentialsOverTLS(t *testing.T) {
	config, pool := selfSigned(t)
	s := startServer(t, esdbserver.Options{TLS: config, Auth: &esdbserver.Auth{AdminPassword: "secret"}})
	mustAppend(t, as(t, s, pool, "admin", "secret"), "s", esdb.NoStream{}, event("e"))
	for _, c := range []*esdb.Client{as(t, s, pool, "admin", "changeit"), as(t, s, pool, "nobody", "secret"), as(t, s, pool, "", "")} {
		appendFails(t, c, "s", esdb.Any{}, esdb.ErrorCodeUnauthenticated, event("e"))
		if _, err := c.GetServerVersion(); err != nil {
			t.Fatalf("the server's features need credentials: %v", err)
		}
	}
	// Without credentials there is a status and no more.
	conn, err := grpc.NewClient(s.Addr(), grpc.WithTransportCredentials(credentials.NewClientTLSFromCert(pool, "")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	var trailer metadata.MD
	_, err = streams.NewStreamsClient(conn).Delete(timeout(t), &streams.DeleteReq{Options: &streams.DeleteReq_Options{
		StreamIdentifier: identifier("s"), ExpectedStreamRevision: &streams.DeleteReq_Options_Any{Any: &shared.Empty{}},
	}}, grpc.Trailer(&trailer))
	if wantTrailer(t, err, codes.Unauthenticated, trailer); len(trailer.Get("exception")) != 0 {
		t.Fatalf("got %v", trailer)
	}
	// A client that looks for a cluster asks for its members first.
	members, err := gossip.NewGossipClient(conn).Read(timeout(t), &shared.Empty{})
	if err != nil || len(members.GetMembers()) != 1 {
		t.Fatalf("got %v, %v", members, err)
	}
	if err := s.PutUser(timeout(t), esdbserver.User{Login: "admin", Password: "changed", Groups: []string{"$admins"}}); err != nil {
		t.Fatal(err)
	}
	appendFails(t, as(t, s, pool, "admin", "secret"), "s", esdb.Any{}, esdb.ErrorCodeUnauthenticated, event("e"))
	mustAppend(t, as(t, s, pool, "admin", "changed"), "s", esdb.Any{}, event("e"))
}

func TestAccessLists(t *testing.T) {
	config, pool := selfSigned(t)
	s := startServer(t, esdbserver.Options{TLS: config, Auth: &esdbserver.Auth{}})
	admin := as(t, s, pool, "admin", "changeit")
	for login, groups := range map[string][]string{"reader": {"readers"}, "writer": {"writers"}} {
		if err := s.PutUser(timeout(t), esdbserver.User{Login: login, Password: "pw", Groups: groups}); err != nil {
			t.Fatal(err)
		}
	}
	reader, writer, ops := as(t, s, pool, "reader", "pw"), as(t, s, pool, "writer", "pw"), as(t, s, pool, "ops", "changeit")
	mustAppend(t, writer, "open", esdb.NoStream{}, event("e"))
	if got := revisions(t, reader, "open"); len(got) != 1 {
		t.Fatalf("got %v", got)
	}

	mustAppend(t, admin, "s", esdb.NoStream{}, event("e"))
	mustAppend(t, admin, "links", esdb.NoStream{}, esdb.EventData{EventType: "$>", Data: []byte("0@s")})
	list := esdb.Acl{}
	list.AddReadRoles("readers")
	list.AddWriteRoles("writer")
	list.AddDeleteRoles("$admins")
	list.AddMetaReadRoles("readers")
	list.AddMetaWriteRoles("$admins")
	m := esdb.StreamMetadata{}
	m.SetAcl(list)
	if _, err := admin.SetStreamMetadata(timeout(t), "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, m); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, writer, "s", esdb.Any{}, event("e"))
	appendFails(t, reader, "s", esdb.Any{}, esdb.ErrorCodeAccessDenied, event("e"))
	if got := revisions(t, reader, "s"); len(got) != 2 {
		t.Fatalf("got %v", got)
	}
	_, err := readStream(t, writer, "s", esdb.ReadStreamOptions{From: esdb.Start{}}, 1)
	wantCode(t, err, esdb.ErrorCodeAccessDenied)
	if _, err := reader.GetStreamMetadata(timeout(t), "s", esdb.ReadStreamOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err = readStream(t, writer, "$$s", esdb.ReadStreamOptions{From: esdb.Start{}}, 1)
	wantCode(t, err, esdb.ErrorCodeAccessDenied)
	_, err = writer.DeleteStream(timeout(t), "s", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
	wantCode(t, err, esdb.ErrorCodeAccessDenied)
	// A link doesn't lead around the access list.
	linked, err := readStream(t, writer, "links", esdb.ReadStreamOptions{From: esdb.Start{}, ResolveLinkTos: true}, 1)
	if err != nil || len(linked) != 1 || linked[0].Event != nil || linked[0].Link == nil {
		t.Fatalf("got %+v, %v", linked, err)
	}
	// System streams and $all are the administrators'.
	r, err := reader.ReadAll(timeout(t), esdb.ReadAllOptions{From: esdb.Start{}}, 1)
	_, err = collect(t, r, err)
	wantCode(t, err, esdb.ErrorCodeAccessDenied)
	appendFails(t, writer, "$mine", esdb.Any{}, esdb.ErrorCodeAccessDenied, event("e"))
	if got := readAll(t, admin, esdb.ReadAllOptions{From: esdb.Start{}}, 100); len(got) == 0 {
		t.Fatal("the administrator sees nothing")
	}
	err = reader.CreatePersistentSubscription(timeout(t), "s", "g", esdb.PersistentStreamSubscriptionOptions{})
	wantCode(t, err, esdb.ErrorCodeAccessDenied)
	if err := ops.CreatePersistentSubscription(timeout(t), "s", "g", esdb.PersistentStreamSubscriptionOptions{}); err != nil {
		t.Fatal(err)
	}
	// The defaults can be changed.
	mustAppend(t, admin, "$settings", esdb.Any{}, esdb.EventData{
		EventType: "$settings", ContentType: esdb.ContentTypeJson, Data: []byte(`{"$userStreamAcl":{"$w":["writers"]}}`),
	})
	appendFails(t, reader, "open", esdb.Any{}, esdb.ErrorCodeAccessDenied, event("e"))
	mustAppend(t, writer, "open", esdb.Any{}, event("e"))
}
