package esdbserver

import (
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// logFillFS fills Pebble's logs with zeros ahead of what is written to them.
// The sync of a write within a file writes those bytes; of one that makes the
// file longer, what the file system notes of the file too. Logs are used again,
// so that this is done for the first few only. Pebble takes zeros for the end
// of a log.
type logFillFS struct{ vfs.FS }

func (l logFillFS) Unwrap() vfs.FS { return l.FS }

func (l logFillFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.Create(name, c)
	if err != nil || !strings.HasSuffix(name, ".log") {
		return f, err
	}
	return &filledLog{File: f}, nil
}

// ReuseForWrite is only asked for logs.
func (l logFillFS) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.ReuseForWrite(oldname, newname, c)
	if err != nil {
		return nil, err
	}
	log := &filledLog{File: f}
	if info, err := f.Stat(); err == nil {
		log.filled = info.Size()
	}
	return log, nil
}

type filledLog struct {
	vfs.File
	written, filled int64
}

const logFillBytes = 1 << 20

var zeros [logFillBytes]byte

func (f *filledLog) Write(b []byte) (int, error) {
	if end := f.written + int64(len(b)); end > f.filled {
		// Where there is no room for it, syncs are slower, and that is all.
		if n, err := f.WriteAt(zeros[:], end); err == nil {
			f.filled = end + int64(n)
		}
	}
	n, err := f.File.Write(b)
	f.written += int64(n)
	return n, err
}
