package commands

import (
	"slices"
	"strings"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// Role is what a principal may do.
type Role string

// The roles. Everyone may read what is the tenant's; auditors the audit log too.
const (
	Admin    Role = "admin"    // configures stations, tariffs and users
	Operator Role = "operator" // runs the stations: closes windows, sends commands, acknowledges alarms
	Viewer   Role = "viewer"
	Auditor  Role = "auditor"
)

// Principal is who asks: a subject of a tenant in a role.
type Principal struct {
	Tenant    string
	Role      Role
	Subject   string
	Stations  []string // nil: all of the tenant's
	ExpiresAt time.Time
}

// Allow refuses a principal that has none of the roles.
func (p Principal) Allow(roles ...Role) error {
	if slices.Contains(roles, p.Role) {
		return nil
	}
	names := make([]string, len(roles))
	for i, role := range roles {
		names[i] = string(role)
	}
	return problem.New(problem.Denied, "role %s may not do this; it takes %s", p.Role, strings.Join(names, ", "))
}

// See refuses a principal that may not see the station. It is told the same as of a station that isn't there.
func (p Principal) See(stationID string) error {
	if p.Stations == nil || slices.Contains(p.Stations, stationID) {
		return nil
	}
	return NoStation(stationID)
}

// Whole refuses a principal of some stations what can't be told apart by station.
func (p Principal) Whole(what problem.Text) error {
	if p.Stations == nil {
		return nil
	}
	return problem.New(problem.Denied, "%s is the whole tenant's, and the token is of some stations", what)
}

// NoStation says that the tenant has no such station.
func NoStation(id string) error {
	return problem.New(problem.NotFound, "there is no station %.100q", id)
}
