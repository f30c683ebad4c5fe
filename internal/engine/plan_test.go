package engine

import (
	"fmt"
	"slices"
	"testing"

	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/llama"
)

// A want is a call in a test of plan.
type want struct {
	name     string
	rows     int
	had      int // rows that the call has had
	clock    float64
	skipped  int
	priority int
	starved  bool
}

// planned returns what plan makes of calls, as "name:rows" in order.
func planned(calls []want, rows int, whole bool) []string {
	cache := kvcache.New(kvcache.Config{Positions: pageSize, Groups: []kvcache.Group{fullGroup}})
	names := map[*Seq]string{}
	var seqs []*Seq
	for i, c := range calls {
		s := &Seq{kv: cache.NewSeq(""), ids: ids(1, c.rows), seen: int64(i), o: SeqOptions{Priority: c.priority}}
		s.call = call{from: -c.had, clock: c.clock, skipped: c.skipped, starved: c.starved}
		seqs, names[s] = append(seqs, s), c.name
	}
	var all []string
	for _, sh := range plan(nil, seqs, rows, whole) {
		all = append(all, fmt.Sprintf("%s:%d", names[sh.s], sh.rows))
	}
	return all
}

func TestPlan(t *testing.T) {
	decode := want{name: "d", rows: 1}
	for _, c := range []struct {
		name  string
		calls []want
		rows  int
		whole bool
		want  []string
	}{
		{"a decode", []want{decode}, 40, false, []string{"d:1"}},
		{"a prompt takes what it may", []want{{name: "p", rows: 900}}, 40, false, []string{"p:40"}},
		{"at most a piece of a pass", []want{{name: "p", rows: 900}}, 999, false, []string{"p:256"}},
		{"decodes before prompts", []want{{name: "p", rows: 900}, decode, {name: "e", rows: 16}}, 40, false, []string{"d:1", "e:16", "p:23"}},
		{"prompts alone get two panels", []want{{name: "p", rows: 900}, {name: "q", rows: 900}}, 11, false, []string{"p:16"}},
		{"or a short one whole", []want{{name: "p", rows: 900}, {name: "q", rows: 24}}, 11, false, []string{"q:24"}},
		{"a panel in all", []want{{name: "p", rows: 900}, decode}, 11, false, []string{"d:1", "p:7"}},
		{"half a panel in all", []want{{name: "p", rows: 900}, decode}, 4, false, []string{"d:1", "p:3"}},
		{"half a panel more", []want{{name: "p", rows: 900}, decode, {name: "e", rows: 1}, {name: "f", rows: 1}}, 4, false, []string{"d:1", "e:1", "f:1", "p:5"}},
		{"prompts alone get two panels, however tight", []want{{name: "p", rows: 900}, {name: "q", rows: 900}}, 4, false, []string{"p:16"}},
		{"panels in all", []want{{name: "p", rows: 900}, decode}, 17, false, []string{"d:1", "p:15"}},
		{"a few rows more than a panel", []want{{name: "p", rows: 900}, {name: "a", rows: 6}}, 8, false, []string{"a:6", "p:10"}},
		{"prompts get the least of a full step", []want{{name: "p", rows: 900}, {name: "a", rows: 16}, {name: "b", rows: 16}, {name: "c", rows: 16}}, 40, false,
			[]string{"a:16", "b:16", "p:8"}},
		{"all decodes", []want{{name: "a", rows: 16}, decode, {name: "b", rows: 16}, decode, decode, {name: "p", rows: 900}}, 16, false,
			[]string{"a:16", "d:1", "d:1", "d:1", "p:5"}},
		{"the last rows of prompts are no short calls", []want{{name: "p", rows: 900, clock: 1}, decode, {name: "q", rows: 16, had: 900}, {name: "r", rows: 16, had: 900}}, 8, false,
			[]string{"d:1", "q:7"}},
		{"who has had less first", []want{{name: "p", rows: 900, clock: 9}, {name: "q", rows: 950, clock: 8}}, 40, false, []string{"q:40"}},
		{"the rest goes to the next", []want{{name: "p", rows: 900, clock: 9}, {name: "q", rows: 30, clock: 8}}, 40, false, []string{"q:30", "p:10"}},
		{"the shorter first", []want{{name: "p", rows: 900}, {name: "q", rows: 30}}, 40, false, []string{"q:30", "p:10"}},
		{"priority first", []want{{name: "p", rows: 30}, {name: "q", rows: 900, priority: 1}}, 40, false, []string{"q:40"}},
		{"who was passed over too often first, a little", []want{{name: "p", rows: 900, priority: 5}, {name: "q", rows: 900, clock: 7, skipped: 4}}, 40, false, []string{"q:16", "p:24"}},
		{"passed over, but not too often", []want{{name: "p", rows: 900, priority: 5}, {name: "q", rows: 900, clock: 7, skipped: 3}}, 40, false, []string{"p:40"}},
		{"the one passed over most", []want{{name: "p", rows: 900, skipped: 7}, {name: "q", rows: 900, skipped: 9}, {name: "r", rows: 900, skipped: 8}}, 16, false, []string{"q:16"}},
		{"without memory", []want{decode, {name: "p", rows: 900, starved: true}}, 40, false, []string{"d:1"}},
		{"whole texts share", []want{{name: "p", rows: 300}, decode, {name: "q", rows: 211}}, 40, true, []string{"d:1", "q:211", "p:300"}},
		{"whole texts are not cut", []want{{name: "p", rows: 800}}, 40, true, []string{"p:800"}},
		{"a long whole text alone", []want{{name: "p", rows: 800, skipped: 4}, {name: "q", rows: 300}, decode}, 40, true, []string{"p:800"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := planned(c.calls, c.rows, c.whole); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// However many short calls there are, prompts get some rows of every step, and a
// step has no more rows than a piece of a pass.
func TestPlanManyShortCalls(t *testing.T) {
	calls := []want{{name: "p", rows: 900}}
	for range 400 {
		calls = append(calls, want{name: "d", rows: 1})
	}
	got := planned(calls, 40, false)
	if got[len(got)-1] != "p:8" || len(got) != 1+llama.PieceTokens-lateRows {
		t.Errorf("got %v", got)
	}
}
