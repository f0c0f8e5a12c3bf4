package testdb

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// missingError says that a program or file is not there, and what to install.
type missingError struct {
	name     string
	packages string
}

// Error says what to install.
func (e *missingError) Error() string {
	return fmt.Sprintf("testdb: no %s on this machine: apt-get install %s", e.name, e.packages)
}

// find returns the path of a program that comes with the Debian packages: from
// PATH, or else from where Debian keeps servers.
func find(program, packages string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	for _, dir := range append(postgresqlDirs(), "/usr/sbin", "/usr/libexec") {
		if path, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return path, nil
		}
	}
	return "", &missingError{program, packages}
}

// postgresqlDirs returns the directories of PostgreSQL's programs, those of the
// newest version first.
func postgresqlDirs() []string {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	version := func(dir string) float64 {
		v, _ := strconv.ParseFloat(filepath.Base(filepath.Dir(dir)), 64)
		return v
	}
	slices.SortFunc(dirs, func(a, b string) int { return cmp.Compare(version(b), version(a)) })
	return dirs
}

// exists is find for a file that is not run.
func exists(path, packages string) error {
	if _, err := os.Stat(path); err != nil {
		return &missingError{path, packages}
	}
	return nil
}
