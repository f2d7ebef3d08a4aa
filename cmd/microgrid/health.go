package main

import (
	"context"
	"errors"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/httpapi"
	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/projections"
)

// Ready asks everything that the platform needs.
func (p *platform) Ready(ctx context.Context) (bool, []httpapi.Part) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	check := func(name string, err error) httpapi.Part {
		if err != nil {
			return httpapi.Part{Name: name, Detail: err.Error()}
		}
		return httpapi.Part{Name: name, Ready: true}
	}
	parts := []httpapi.Part{
		check("eventstore", p.store.Ping(ctx)),
		check("database", p.pool.Ping(ctx)),
	}
	directory := httpapi.Part{Name: "directory", Ready: p.directory.Ready()}
	if !directory.Ready {
		directory.Detail = commands.NotRead().Error()
	}
	parts = append(parts, directory)
	ready := true
	for _, part := range parts {
		ready = ready && part.Ready
	}
	return ready, parts
}

// Projections tells how far each runner is.
func (p *platform) Projections() []projections.Status {
	all := make([]projections.Status, len(p.runners))
	for i, r := range p.runners {
		all[i] = r.Status()
	}
	return all
}

func (p *platform) replayParked(ctx context.Context, projection, stream string) (int, error) {
	r := p.byName[projection]
	if r == nil {
		return 0, problem.New(problem.NotFound, "there is no projection %.100q", projection).At("projection", "must be one of /api/v1/projections")
	}
	n, err := r.ReplayParked(ctx, stream)
	if stuck, ok := errors.AsType[*problem.Error](err); ok && stuck.Kind == problem.Conflict {
		err = problem.New(problem.Conflict, "%d events projected, then: %s", n, stuck.Message)
	}
	return n, err
}
