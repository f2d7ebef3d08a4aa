//go:build unix

package postgres

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is who the server runs as. PostgreSQL refuses to run as root, so a platform that was started by root gives
// its server an unprivileged user.
type account struct {
	name string
	uid  uint32
	gid  uint32
	drop bool      // from root to that user
	caps []uintptr // kept by the user because the folder can't be reached without
}

// chooseAccount takes the current user; for root it takes the owner of an existing cluster, else the named user, else
// postgres, else nobody.
func chooseAccount(cluster, name string) (account, error) {
	if os.Geteuid() != 0 {
		return account{uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())}, nil
	}
	if info, err := os.Stat(cluster); err == nil {
		if owner, ok := info.Sys().(*syscall.Stat_t); ok && owner.Uid != 0 {
			return account{uid: owner.Uid, gid: owner.Gid, drop: true}, nil
		}
	}
	names := []string{"postgres", "_postgres", "nobody"}
	if name != "" {
		names = []string{name}
	}
	for _, n := range names {
		u, err := user.Lookup(n)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil || uid == 0 {
			continue
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			continue
		}
		return account{name: n, uid: uint32(uid), gid: uint32(gid), drop: true}, nil
	}
	return account{}, fmt.Errorf("PostgreSQL doesn't run as root, and there is no unprivileged user %v to run it as: "+
		"start the platform as another user, or make one", names)
}

// own gives a folder to the account and closes it to everybody else.
func (a account) own(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return err
	}
	if !a.drop {
		return nil
	}
	return os.Chown(dir, int(a.uid), int(a.gid))
}

// reach makes sure that the account can work in dir: a folder above it may be closed to it, as root's home and root's
// temporary folders are. Then, on Linux, the server keeps the one capability that opens them, since neither other
// people's folders nor the place of the data are ours to change.
func (a account) reach(ctx context.Context, dir string, bin Binaries) (account, error) {
	run := func(a account, program string, args ...string) error {
		cmd := exec.CommandContext(ctx, program, args...)
		// Not dir itself: a kept capability holds only from the start of the program on.
		cmd.Dir = "/"
		cmd.Env = environment()
		cmd.SysProcAttr = processAttributes(a)
		return cmd.Run()
	}
	server := filepath.Join(bin.Dir, "postgres")
	if err := run(a, server, "--version"); err != nil {
		return account{}, fmt.Errorf("run %s as %s: %w", server, a, err)
	}
	enter := func(a account) bool { return run(a, "/bin/sh", "-c", `cd -- "$0"`, dir) == nil }
	if enter(a) {
		return a, nil
	}
	if a.drop {
		for _, capability := range searchCapabilities {
			a.caps = []uintptr{capability}
			if enter(a) {
				return a, nil
			}
		}
	}
	return account{}, fmt.Errorf("PostgreSQL, run as %s, can't reach %s: let others pass through the folders above it "+
		"(chmod o+x), choose another MICROGRID_DATA_DIR, or start the platform as another user", a, dir)
}

func (a account) String() string {
	if a.name == "" {
		return "uid " + strconv.Itoa(int(a.uid))
	}
	return a.name
}
