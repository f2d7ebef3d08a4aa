//go:build docker

package eventstore_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
)

// With the tag docker the same tests run against the real EventStoreDB.
func init() { newServer = newContainer }

const image = "eventstore/eventstore:23.10.6-jammy"

// container listens on one port over restarts: its connection string stays.
type container struct {
	testcontainers.Container
	address string
}

func newContainer(t *testing.T) server {
	t.Helper()
	testcontainers.SkipIfProviderIsNotHealthy(t)
	ctx := context.Background()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	c, err := testcontainers.GenericContainer(ctx, testcontainers.GenericContainerRequest{
		Started: true,
		ContainerRequest: testcontainers.ContainerRequest{
			Image: image, ExposedPorts: []string{port + ":2113/tcp"},
			Env: map[string]string{
				"EVENTSTORE_INSECURE": "true", "EVENTSTORE_RUN_PROJECTIONS": "None", "EVENTSTORE_MEM_DB": "false", "EVENTSTORE_CLUSTER_SIZE": "1",
			},
			WaitingFor: wait.ForHTTP("/health/live").WithPort("2113/tcp").WithStatusCodeMatcher(func(code int) bool { return code < 300 }),
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Terminate(context.Background()) })
	return &container{c, address}
}

func (c *container) connection() string { return "esdb://" + c.address + "?tls=false" }

func (c *container) stop(t *testing.T) {
	t.Helper()
	grace := 5 * time.Second
	require.NoError(t, c.Stop(context.Background(), &grace))
}

func (c *container) start(t *testing.T) {
	t.Helper()
	require.NoError(t, c.Start(context.Background()))
}
