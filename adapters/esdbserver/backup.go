package esdbserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
)

// Backup writes a consistent copy of the store to a new directory while it is
// served. It holds everything acknowledged before the call. On the same file
// system files are linked rather than copied, so it is quick; copy the backup
// to another machine, since linked files share their damage too.
func (s *Server) Backup(ctx context.Context, dir string) error {
	if err := s.st.backup(dir); err != nil {
		return fmt.Errorf("backup to %s: %w", dir, err)
	}
	return ctx.Err()
}

// Backup writes a copy of a store that no server has open; see Server.Backup.
func Backup(ctx context.Context, dataDir, dir string) error {
	s, err := Open(Options{DataDir: dataDir})
	if err != nil {
		return err
	}
	return errors.Join(s.Backup(ctx, dir), s.Close())
}

func (st *store) backup(dir string) error {
	if err := checkEmpty(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	// Noted before the copy is made: the copy may hold more, never less.
	position := st.visible.Load()
	if err := st.db.Checkpoint(filepath.Join(dir, dbDir), pebble.WithFlushedWAL()); err != nil {
		return err
	}
	acked, err := openAcked(dir, false)
	if err != nil {
		return err
	}
	if err := errors.Join(acked.store(position), acked.close()); err != nil {
		return err
	}
	// The file that makes it a store comes last: half a backup isn't one.
	return writeDurably(filepath.Join(dir, formatFile), []byte(formatLine+"\n"))
}

func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty", dir)
	}
	return nil
}

// Restore copies a backup to an empty data directory and verifies it.
func Restore(ctx context.Context, backup, dataDir string) (*VerifyReport, error) {
	report, err := restore(ctx, backup, dataDir)
	if err != nil {
		return report, fmt.Errorf("restore %s to %s: %w", backup, dataDir, err)
	}
	return report, nil
}

func restore(ctx context.Context, backup, dataDir string) (*VerifyReport, error) {
	if err := checkFormat(backup, true); err != nil {
		return nil, err
	}
	if err := checkEmpty(dataDir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dataDir, dbDir), 0o750); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Join(backup, dbDir))
	if err != nil {
		return nil, err
	}
	names := []string{ackedName}
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, filepath.Join(dbDir, e.Name()))
		}
	}
	for _, name := range names {
		if err := errors.Join(ctx.Err(), copyFile(filepath.Join(backup, name), filepath.Join(dataDir, name))); err != nil {
			return nil, err
		}
	}
	if err := syncDir(filepath.Join(dataDir, dbDir)); err != nil {
		return nil, err
	}
	if err := writeDurably(filepath.Join(dataDir, formatFile), []byte(formatLine+"\n")); err != nil {
		return nil, err
	}
	report, err := Verify(ctx, dataDir)
	if err == nil && report.Damaged {
		err = fmt.Errorf("the backup is %w: %s", errDamaged, report.Problems[0])
	}
	return report, err
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return errors.Join(err, in.Close())
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close(), in.Close())
}
