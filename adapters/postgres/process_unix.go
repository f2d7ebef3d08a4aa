//go:build unix && !linux

package postgres

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// searchCapabilities: only Linux has them.
var searchCapabilities []uintptr

// processAttributes puts a program in a process group of its own, so that a terminal's Ctrl-C stops only us and we
// then stop the server. Only Linux shuts the server down when we are killed; elsewhere the next start does.
func processAttributes(a account) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if a.drop {
		attr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return attr
}

// serverProcesses are the processes of a server that works in the cluster's folder: here only the one that its pid
// file names, if that still is a postgres.
func serverProcesses(cluster string) []int {
	pid := recordedPID(cluster)
	if pid <= 0 {
		return nil
	}
	name, err := exec.Command("ps", "-o", "comm=", "-p", strconv.Itoa(pid)).Output()
	if err != nil || !strings.Contains(string(name), "postgres") {
		return nil
	}
	return []int{pid}
}
