package config

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long a file must have been left alone: editors and tools write it in several steps.
const settle = 100 * time.Millisecond

// Watch calls apply whenever the file of a configuration changes what is live, with the configuration that is now in
// effect: that of before with the live keys' new values. Keys that need a restart are named in the log; so is what is
// wrong with a file, which then changes nothing. It returns when ctx ends, at once if there is no file to watch.
func Watch(ctx context.Context, c Config, log *slog.Logger, apply func(Config)) {
	if c.Path == "" {
		return
	}
	if err := watch(ctx, c, log, apply); err != nil {
		log.ErrorContext(ctx, "the configuration's file isn't watched, changes need a restart", "file", c.Path, "error", err)
	}
}

func watch(ctx context.Context, c Config, log *slog.Logger, apply func(Config)) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer func() { _ = watcher.Close() }()
	// Its folder, as editors put a new file in the old one's place, and Kubernetes a link to another folder.
	if err := watcher.Add(filepath.Dir(c.Path)); err != nil {
		return err
	}
	// It may have changed between being read and being watched.
	content := []byte(nil)
	timer := time.NewTimer(settle)
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-watcher.Errors:
			log.WarnContext(ctx, "watching the configuration's file", "file", c.Path, "error", err)
			timer.Reset(settle)
		case <-watcher.Events:
			timer.Reset(settle)
		case <-timer.C:
			// Other files of the folder change too, and a file may be away for a moment.
			fresh, err := os.ReadFile(c.Path)
			if err != nil || content != nil && slices.Equal(fresh, content) {
				continue
			}
			content = fresh
			c = reread(ctx, c, log, apply)
		}
	}
}

// reread reads all sources again and returns what is then in effect.
func reread(ctx context.Context, c Config, log *slog.Logger, apply func(Config)) Config {
	fresh, err := c.sources.load()
	if err != nil {
		log.ErrorContext(ctx, "the changed configuration is not used", "file", c.Path, "error", err)
		return c
	}
	next, changed, waiting := merge(c, fresh)
	if len(waiting) > 0 {
		log.WarnContext(ctx, "changed configuration needs a restart", "file", c.Path, "keys", waiting)
	}
	if len(changed) > 0 {
		log.InfoContext(ctx, "changed configuration is in effect", "file", c.Path, "keys", changed)
		apply(next)
	}
	return next
}

// merge takes the live keys of a fresh configuration into an old one, and tells which changed and which would need a
// restart. Where a live key of production is a secret, it was checked with the fresh one.
func merge(old, fresh Config) (next Config, changed, waiting []string) {
	next = old
	from, to := reflect.ValueOf(fresh), reflect.ValueOf(&next).Elem()
	for _, f := range table {
		value := from.FieldByIndex(f.index)
		if same(f, value, to.FieldByIndex(f.index)) {
			continue
		}
		if !f.live {
			waiting = append(waiting, f.path)
			continue
		}
		to.FieldByIndex(f.index).Set(value)
		changed = append(changed, f.path)
	}
	return next, changed, waiting
}

func same(f field, a, b reflect.Value) bool {
	if f.kind == tenantsType {
		return reflect.DeepEqual(a.Interface(), b.Interface())
	}
	return f.text(a) == f.text(b)
}
