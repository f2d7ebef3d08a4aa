package postgres

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// searchCapabilities let a user pass through folders that are closed to it; the weaker first. Containers often lack it.
var searchCapabilities = []uintptr{unix.CAP_DAC_READ_SEARCH, unix.CAP_DAC_OVERRIDE}

// processAttributes puts a program in a process group of its own, so that a terminal's Ctrl-C stops only us and we
// then stop the server, and has the kernel shut it down when we are gone without having done so. The kernel takes the
// end of the thread that started it for our end: the caller must hold that thread (see [Embedded.supervise]).
func processAttributes(a account) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
	if a.drop {
		attr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
		attr.AmbientCaps = a.caps
	}
	return attr
}

// serverProcesses are the processes of a server that works in the cluster's folder. A pid file alone doesn't tell:
// after a restart of the machine or of a container its number may be another program's.
func serverProcesses(cluster string) []int {
	cluster, err := filepath.EvalSymlinks(cluster)
	if err != nil {
		return nil
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		name, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "comm"))
		if err != nil || !strings.HasPrefix(string(name), "postgres") {
			continue
		}
		if cwd, err := os.Readlink(filepath.Join("/proc", entry.Name(), "cwd")); err == nil && cwd == cluster {
			pids = append(pids, pid)
		}
	}
	return pids
}
