package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cpuOf is the processor time that a process has used; "self" is this one. It is 0
// where there is no /proc.
func cpuOf(pid string) (total time.Duration) {
	threads, _ := filepath.Glob("/proc/" + pid + "/task/*/schedstat")
	for _, t := range threads {
		text, err := os.ReadFile(t)
		if err != nil {
			continue // it has ended
		}
		ran, _, _ := strings.Cut(string(text), " ")
		n, _ := strconv.ParseInt(ran, 10, 64)
		total += time.Duration(n)
	}
	return total
}

// databaseCPU is the processor time of the database servers that this process
// started. One that the environment names is not among them.
func databaseCPU() (total time.Duration) {
	for _, pid := range servers() {
		total += cpuOf(pid)
	}
	return total
}

// servers returns the database servers that this process started, and their
// children.
func servers() (pids []string) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	parents := map[string]string{}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		pid, rest, _ := strings.Cut(string(text), " (")
		command, rest, _ := strings.Cut(rest, ") ")
		if fields := strings.Fields(rest); (command == "postgres" || command == "mariadbd") && len(fields) > 1 {
			parents[pid] = fields[1]
		}
	}
	self := strconv.Itoa(os.Getpid())
	for pid, parent := range parents {
		if parent == self || parents[parent] == self {
			pids = append(pids, pid)
		}
	}
	return pids
}
