package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MinimumMajor is the oldest major version of PostgreSQL that the platform runs on.
const MinimumMajor = 15

// Binaries is a folder that holds the programs of a PostgreSQL server.
type Binaries struct {
	Dir   string
	Major int
}

// ErrNoBinaries is returned where the machine has no PostgreSQL that is new enough; its text says how to get one.
var ErrNoBinaries = errors.New("no PostgreSQL programs")

// places are where packages put PostgreSQL's programs when they don't put them in PATH; the newest of one place first.
// deploy/setup.sh looks in the same ones.
var places = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

var versionLine = regexp.MustCompile(`^postgres \(PostgreSQL\) (\d+)`)

// FindBinaries returns the machine's PostgreSQL programs that are new enough, the preferred first: those in dir if it
// is given (then nowhere else is looked), in PATH, where pg_config says, in the places of packages.
func FindBinaries(ctx context.Context, dir string) ([]Binaries, error) {
	var (
		found []Binaries
		old   []string
		seen  = map[string]bool{}
	)
	for _, candidate := range candidates(ctx, dir) {
		// Links in PATH lead to the folder that also holds initdb and finds the server's own files.
		program, err := filepath.EvalSymlinks(filepath.Join(candidate, "postgres"))
		if err != nil || seen[filepath.Dir(program)] {
			continue
		}
		home := filepath.Dir(program)
		seen[home] = true
		if _, err := exec.LookPath(filepath.Join(home, "initdb")); err != nil {
			continue
		}
		out, err := output(ctx, program, "--version")
		if err != nil {
			continue
		}
		match := versionLine.FindStringSubmatch(out)
		if match == nil {
			continue
		}
		major, err := strconv.Atoi(match[1])
		if err != nil || major < MinimumMajor {
			old = append(old, home)
			continue
		}
		found = append(found, Binaries{Dir: home, Major: major})
	}
	if len(found) > 0 {
		return found, nil
	}

	where := "on this machine"
	if dir != "" {
		where = "in " + dir
	}
	tooOld := ""
	if len(old) > 0 {
		tooOld = " (too old: " + strings.Join(old, ", ") + ")"
	}
	return nil, fmt.Errorf("%w (initdb and postgres, version %d or newer) %s%s: install them with `%s`, "+
		"or name a database in MICROGRID_DATABASE_URL", ErrNoBinaries, MinimumMajor, where, tooOld, installCommand())
}

// pick takes the programs for a cluster made by the given major version (0: a new cluster).
func pick(found []Binaries, major int) (Binaries, error) {
	if major == 0 {
		return found[0], nil
	}
	i := slices.IndexFunc(found, func(b Binaries) bool { return b.Major == major })
	if i < 0 {
		return Binaries{}, fmt.Errorf("the cluster was made by PostgreSQL %d and only runs with that version, "+
			"found is %d in %s: install PostgreSQL %d beside it, or upgrade the cluster with pg_upgrade",
			major, found[0].Major, found[0].Dir, major)
	}
	return found[i], nil
}

func candidates(ctx context.Context, dir string) []string {
	if dir != "" {
		return []string{dir}
	}
	all := filepath.SplitList(os.Getenv("PATH"))
	if bindir, err := output(ctx, "pg_config", "--bindir"); err == nil {
		all = append(all, strings.TrimSpace(bindir))
	}
	for _, place := range places {
		dirs, _ := filepath.Glob(place) // the only error is a malformed pattern
		slices.SortFunc(dirs, func(a, b string) int { return leadingNumber(b) - leadingNumber(a) })
		all = append(all, dirs...)
	}
	return all
}

var number = regexp.MustCompile(`\d+`)

// leadingNumber is the first number in a path such as /usr/lib/postgresql/17/bin, 0 if there is none.
func leadingNumber(path string) int {
	n, err := strconv.Atoi(number.FindString(path))
	if err != nil {
		return 0
	}
	return n
}

// output runs a program that answers at once; one that hangs counts as missing.
func output(ctx context.Context, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).Output()
	return string(out), err
}

func installCommand() string {
	has := func(program string) bool {
		_, err := exec.LookPath(program)
		return err == nil
	}
	switch {
	case runtime.GOOS == "darwin":
		return "brew install postgresql@17"
	case has("apt-get"):
		return "sudo apt-get update && sudo apt-get install postgresql"
	case has("dnf"):
		return "sudo dnf install postgresql-server"
	case has("apk"):
		return "sudo apk add postgresql"
	case has("pacman"):
		return "sudo pacman -S postgresql"
	default:
		return "your system's package manager, package postgresql"
	}
}
