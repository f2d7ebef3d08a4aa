package postgres

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEmbeddedTakesOverAServerThatAnEarlierRunLeft(t *testing.T) {
	// given a server that runs without its platform, as after a kill where the kernel doesn't end it
	dir := filepath.Join(t.TempDir(), "pg")
	e, err := StartEmbedded(t.Context(), testOptions(dir))
	require.NoError(t, err)
	require.NoError(t, e.Close())
	require.NoError(t, e.account.own(e.sockets))
	orphan := e.command("postgres", "-D", e.cluster)
	orphan.SysProcAttr.Pdeathsig = 0
	require.NoError(t, orphan.Start())
	require.Eventually(t, func() bool { return recordedPID(e.cluster) == orphan.Process.Pid }, 5*time.Second, time.Millisecond)
	gone := make(chan error, 1)
	go func() { gone <- orphan.Wait() }()

	again := startTest(t, testOptions(dir))
	require.NoError(t, <-gone)
	require.NotEqual(t, orphan.Process.Pid, again.PID())
	require.Equal(t, 1, query[int](t, again, `SELECT 1`))
}

func TestEmbeddedOfRootRunsAsAnother(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root has to")
	}
	// given folders that are closed to everybody but root
	private := t.TempDir()
	require.NoError(t, os.Chmod(private, 0o700))
	e := startTest(t, testOptions(filepath.Join(private, "data", "pg")))
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", e.PID()))
	require.NoError(t, err)
	require.NotContains(t, string(status), "\nUid:\t0\t")
	require.Contains(t, string(status), "\nCapBnd:")

	info, err := os.Stat(private)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm(), "what isn't ours stays as it is")
}
