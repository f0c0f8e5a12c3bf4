package main

import (
	"os"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"
)

// usage is what a serving process has used so far.
type usage struct {
	Objects, Bytes uint64 // allocated
	Heap           uint64 // bytes of live objects, as of the last collection
	Resident, Peak uint64 // bytes of the process; 0 where there is no /proc

	CPU time.Duration

	Statements, Brackets int64 // sent to the database, where they are counted
}

func measure() (usage, error) {
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:objects"}, {Name: "/gc/heap/tiny/allocs:objects"}, {Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"},
	}
	metrics.Read(samples)
	u := usage{
		CPU:     cpuOf("self"),
		Objects: samples[0].Value.Uint64() + samples[1].Value.Uint64(),
		Bytes:   samples[2].Value.Uint64(), Heap: samples[3].Value.Uint64(),
	}
	status, err := os.ReadFile("/proc/self/status")
	if os.IsNotExist(err) {
		return u, nil
	}
	for line := range strings.Lines(string(status)) {
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[2] != "kB" {
			continue
		}
		n, err := strconv.ParseUint(fields[1], 10, 64)
		if err != nil {
			return u, err
		}
		switch fields[0] {
		case "VmRSS:":
			u.Resident = n << 10
		case "VmHWM:":
			u.Peak = n << 10
		}
	}
	return u, err
}
