package esdbserver

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
)

// operation is what someone wants to do with a stream.
type operation int

const (
	opRead operation = iota
	opWrite
	opDelete
)

// Roles that EventStoreDB knows by itself.
const (
	roleEveryone = "$all"
	groupAdmins  = "$admins"
	groupOps     = "$ops"
)

// principal is who makes a call.
type principal struct {
	login  string
	groups []string
	system bool // the server itself
}

func (p *principal) has(role string) bool {
	return role == roleEveryone || role == p.login || slices.Contains(p.groups, role)
}

func (p *principal) hasAny(roles []string) bool { return slices.ContainsFunc(roles, p.has) }

type principalKey struct{}

func principalOf(ctx context.Context) *principal {
	p, _ := ctx.Value(principalKey{}).(*principal)
	return p
}

// asSystem lets the server's own reads see everything.
func asSystem(ctx context.Context) context.Context {
	return context.WithValue(ctx, principalKey{}, &principal{system: true})
}

func userOf(ctx context.Context) string {
	if p := principalOf(ctx); p != nil {
		return p.login
	}
	return "anonymous"
}

func errUnauthenticated() *apiError {
	return &apiError{code: codes.Unauthenticated, message: "Unauthenticated"}
}

// open names the services that clients call before they have credentials.
func open(method string) bool {
	return strings.HasPrefix(method, "/event_store.client.gossip.") ||
		strings.HasPrefix(method, "/event_store.client.server_features.")
}

// authenticate finds out who makes a call from its Basic authorization.
func (s *Server) authenticate(ctx context.Context) (context.Context, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	values := md.Get("authorization")
	if len(values) == 0 {
		return nil, errUnauthenticated()
	}
	scheme, encoded, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Basic") {
		return nil, errUnauthenticated()
	}
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, errUnauthenticated()
	}
	login, password, ok := strings.Cut(string(decoded), ":")
	if !ok {
		return nil, errUnauthenticated()
	}
	p, err := s.users.check(login, password)
	if err != nil {
		return nil, err
	}
	return context.WithValue(ctx, principalKey{}, p), nil
}

func (s *Server) authenticateUnary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if open(info.FullMethod) {
		return next(ctx, req)
	}
	ctx, err := s.authenticate(ctx)
	if err != nil {
		return nil, asAPIError(err)
	}
	return next(ctx, req)
}

type authenticatedStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (a authenticatedStream) Context() context.Context { return a.ctx }

func (s *Server) authenticateStream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	if open(info.FullMethod) {
		return next(srv, stream)
	}
	ctx, err := s.authenticate(stream.Context())
	if err != nil {
		if !info.IsServerStream {
			discardRequest(stream)
		}
		return asAPIError(err)
	}
	return next(srv, authenticatedStream{stream, ctx})
}

// discardRequest reads what a refused client still sends, since it looks at
// the answer only after that; but not without end.
func discardRequest(stream grpc.ServerStream) {
	for bytes := discarded(0); bytes < maxMessageBytes; {
		if err := stream.RecvMsg(&bytes); err != nil {
			return
		}
	}
}

// authorize reports why a call may not do something with a stream, nil when it
// may. Without Auth everyone may do everything.
func (s *Server) authorize(ctx context.Context, op operation, name string) error {
	if s.options.Auth == nil {
		return nil
	}
	p := principalOf(ctx)
	if p == nil {
		return errUnauthenticated()
	}
	if p.system || p.has(groupAdmins) {
		return nil
	}
	roles, err := s.rolesFor(op, name)
	if err != nil {
		return err
	}
	if !p.hasAny(roles) {
		return errAccessDenied()
	}
	return nil
}

// rolesFor are the roles that may do something: from the stream's own access
// list, or from the default for its kind.
func (s *Server) rolesFor(op operation, name string) ([]string, error) {
	isMeta := isMetastream(name)
	subject := strings.TrimPrefix(name, "$$")
	stream, err := s.st.streams.acquire(subject)
	if err != nil {
		return nil, err
	}
	own := stream.head().meta.acl
	s.st.streams.release(stream)
	if roles := own.roles(op, isMeta); roles != nil {
		return roles, nil
	}
	defaults, err := s.users.defaults()
	if err != nil {
		return nil, err
	}
	kind, fallback := defaults.user, []string{roleEveryone}
	if strings.HasPrefix(subject, "$") {
		kind, fallback = defaults.system, []string{groupAdmins}
	}
	if roles := kind.roles(op, isMeta); roles != nil {
		return roles, nil
	}
	return fallback, nil
}

// authorizeAdmin reports why a call may not manage persistent subscriptions.
func (s *Server) authorizeAdmin(ctx context.Context) error {
	if s.options.Auth == nil {
		return nil
	}
	p := principalOf(ctx)
	switch {
	case p == nil:
		return errUnauthenticated()
	case p.system || p.has(groupAdmins) || p.has(groupOps):
		return nil
	}
	return errAccessDenied()
}
