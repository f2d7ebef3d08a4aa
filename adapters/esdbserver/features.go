package esdbserver

import (
	"context"
	"net"
	"strconv"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
)

// protocolVersion is the EventStoreDB version whose behaviour this is. Clients
// parse it: three numbers and no more.
const protocolVersion = "23.10.0"

const (
	streamsService    = "event_store.client.streams.streams"
	persistentService = "event_store.client.persistent_subscriptions.persistentsubscriptions"
	gossipService     = "event_store.client.gossip.gossip"
	featuresService   = "event_store.client.server_features.serverfeatures"
)

// supportedMethods lists what there is, in the lower case that clients compare with.
func supportedMethods() []*serverfeatures.SupportedMethod {
	var methods []*serverfeatures.SupportedMethod
	add := func(service string, names ...string) {
		for _, name := range names {
			m := &serverfeatures.SupportedMethod{ServiceName: service, MethodName: name}
			if service == persistentService {
				switch name {
				case "create", "update", "delete", "read", "getinfo", "replayparked", "list":
					m.Features = []string{"stream", "all"}
				}
			}
			methods = append(methods, m)
		}
	}
	add(streamsService, "read", "append", "delete", "tombstone", "batchappend")
	add(persistentService, "create", "update", "delete", "read", "getinfo", "replayparked", "list", "restartsubsystem")
	add(gossipService, "read")
	add(featuresService, "getsupportedmethods")
	return methods
}

// featuresServer answers what the server can do. It asks for no credentials.
type featuresServer struct {
	serverfeatures.UnimplementedServerFeaturesServer
}

func (featuresServer) GetSupportedMethods(context.Context, *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	return &serverfeatures.SupportedMethods{
		Methods: supportedMethods(), EventStoreServerVersion: protocolVersion,
	}, nil
}

// gossipServer describes a cluster of one. It asks for no credentials.
type gossipServer struct {
	gossip.UnimplementedGossipServer
	s *Server
}

func (g gossipServer) Read(ctx context.Context, _ *shared.Empty) (*gossip.ClusterInfo, error) {
	msb, lsb := uuidBits(g.s.st.instance)
	endpoint := &gossip.EndPoint{}
	advertised := g.s.options.Advertise
	if advertised == "" {
		advertised = g.s.Addr()
	}
	if host, port, err := net.SplitHostPort(advertised); err == nil {
		if n, err := strconv.ParseUint(port, 10, 16); err == nil {
			endpoint.Address, endpoint.Port = host, uint32(n)
		}
	}
	return &gossip.ClusterInfo{Members: []*gossip.MemberInfo{{
		InstanceId: &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
			MostSignificantBits: int64(msb), LeastSignificantBits: int64(lsb),
		}}},
		TimeStamp: toTicks(time.Now()), State: gossip.MemberInfo_Leader, IsAlive: true,
		HttpEndPoint: endpoint,
	}}}, nil
}
