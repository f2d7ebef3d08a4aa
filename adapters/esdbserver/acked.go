package esdbserver

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync"
)

// ackedFile remembers outside Pebble's files how far appends were
// acknowledged. A log whose end was cut off looks like one that simply ended
// earlier; this file tells the difference at the next open.
//
// It is written after each sync and not synced itself: it survives the death
// of the process, and after the machine's death it may lag but never lead.
// Two slots are written in turn, so that a torn write leaves the other.
type ackedFile struct {
	path     string
	position uint64 // as found at open

	mu   sync.Mutex
	f    *os.File
	slot int64
}

const (
	ackedName     = "acked"
	ackedSlotSize = 64
)

func openAcked(dir string, readOnly bool) (*ackedFile, error) {
	a := &ackedFile{path: filepath.Join(dir, ackedName)}
	flags := os.O_CREATE | os.O_RDWR
	if readOnly {
		flags = os.O_RDONLY
	}
	f, err := os.OpenFile(a.path, flags, 0o640)
	if readOnly && errors.Is(err, os.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return nil, err
	}
	a.f = f
	a.position = readAcked(f)
	if readOnly {
		return a, nil
	}
	// Room is taken now, so that a full disk can't keep it from being written.
	if info, err := f.Stat(); err != nil || info.Size() < 2*ackedSlotSize {
		if _, writeErr := f.WriteAt(make([]byte, 2*ackedSlotSize), 0); err != nil || writeErr != nil {
			return nil, errors.Join(err, writeErr, f.Close())
		}
	}
	return a, nil
}

func readAcked(f *os.File) uint64 {
	var position uint64
	for slot := range int64(2) {
		var b [12]byte
		if n, _ := f.ReadAt(b[:], slot*ackedSlotSize); n < len(b) {
			continue
		}
		if crc32.Checksum(b[:8], castagnoli) == binary.LittleEndian.Uint32(b[8:]) {
			position = max(position, binary.LittleEndian.Uint64(b[:8]))
		}
	}
	return position
}

func (a *ackedFile) store(position uint64) error {
	var b [12]byte
	binary.LittleEndian.PutUint64(b[:8], position)
	binary.LittleEndian.PutUint32(b[8:], crc32.Checksum(b[:8], castagnoli))
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.f == nil {
		return errors.New("closed")
	}
	a.slot = 1 - a.slot
	if _, err := a.f.WriteAt(b[:], a.slot*ackedSlotSize); err != nil {
		return fmt.Errorf("%s: %w", a.path, err)
	}
	return nil
}

func (a *ackedFile) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.f == nil {
		return nil
	}
	err := errors.Join(a.f.Sync(), a.f.Close())
	a.f = nil
	return err
}
