package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// table is one of Markdown's.
type table struct {
	b    strings.Builder
	rows int
}

func (t *table) row(cells ...string) {
	t.b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	if t.rows++; t.rows == 1 {
		t.b.WriteString("|" + strings.Repeat("---|", len(cells)) + "\n")
	}
}

// String is the table in Markdown, with an empty line after it.
func (t *table) String() string { return t.b.String() + "\n" }

// median of at least one value.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

// of is the median over the rounds of a step.
func (c *contender) of(step string, value func(result) float64) float64 {
	return median(c.all(step, value))
}

func (c *contender) all(step string, value func(result) float64) []float64 {
	var values []float64
	for _, r := range c.results[step] {
		values = append(values, value(r))
	}
	return values
}

// against returns the ratio to another in each round.
func (c *contender) against(other *contender, step string, value func(result) float64) []float64 {
	ratios := c.all(step, value)
	for i, o := range other.all(step, value) {
		ratios[i] /= o
	}
	return ratios
}

func rate(r result) float64 { return r.rate }
func p50(r result) float64  { return float64(r.p50) }
func p99(r result) float64  { return float64(r.p99) }

func objects(r result) float64    { return r.objects }
func inServer(r result) float64   { return float64(r.cpu) }
func inDatabase(r result) float64 { return float64(r.database) }

// processor is the time that a request takes of all processors together: the
// reciprocal of a throughput that nothing else on the machine disturbs.
func processor(r result) float64 { return float64(r.cpu + r.database + r.load) }

func ratio(values []float64) string {
	return fmt.Sprintf("**%.2f** (%.2f–%.2f)", median(values), slices.Min(values), slices.Max(values))
}

func millis(v float64) string { return fmt.Sprintf("%.2f ms", v/float64(time.Millisecond)) }

func whole(v float64) string { return fmt.Sprintf("%.0f", v) }

func mega(v uint64) string { return fmt.Sprintf("%.0f MB", float64(v)/(1<<20)) }
