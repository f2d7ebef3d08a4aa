package main

import (
	"os/exec"
	"syscall"
)

// endWithUs has the kernel stop a child when we are gone without having done so. It takes the end of the thread that
// starts the child for our end: the caller must hold that thread (see [bench]).
func endWithUs(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }
