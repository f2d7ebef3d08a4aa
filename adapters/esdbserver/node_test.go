package esdbserver_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

// The Node.js client appends in another way than Go's, over one call for all,
// and wants ids as text. NODETEST_INSTALL=1 fetches it when it is missing.
func TestNodeClient(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node")
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("there is no npm")
	}
	dir, err := filepath.Abs("nodetest")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		if os.Getenv("NODETEST_INSTALL") == "" {
			t.Skip("the Node.js client isn't installed: run npm ci in nodetest, or set NODETEST_INSTALL=1")
		}
		install := exec.Command(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		install.Dir = dir
		if out, err := install.CombinedOutput(); err != nil {
			t.Skipf("npm ci: %v\n%s", err, out)
		}
	}
	s := startServer(t, esdbserver.Options{})
	cmd := exec.Command(node, "--test", "client.test.mjs")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "ESDB="+s.ConnectionString())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
