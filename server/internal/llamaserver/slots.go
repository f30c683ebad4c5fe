package llamaserver

import (
	"net/http"
	"strconv"
	"sync"

	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// slots are what llama-server's clients know as slots: numbers under which the last
// texts of a model can be found, to be saved, restored and forgotten. They reserve
// nothing: any number of texts is computed at once, and the cache of prefixes belongs to
// the model.
type slots struct {
	mu     sync.Mutex
	models map[string][]*slot
	clock  int64
}

// A slot has the tokens of the last text.
type slot struct {
	s      *slots
	number int
	ids    []int32
	users  int
	used   int64 // by the clock of slots
}

// of returns the slots of a model. The caller holds the lock.
func (s *slots) of(model string, n int) []*slot {
	if s.models == nil {
		s.models = map[string][]*slot{}
	}
	for len(s.models[model]) < n {
		s.models[model] = append(s.models[model], &slot{s: s, number: len(s.models[model])})
	}
	return s.models[model]
}

// take returns the slot with a number, or for -1 the one that has been free for the
// longest, nil if none is free.
func (s *slots) take(model string, n, number int) *slot {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.of(model, n)
	var best *slot
	if number >= 0 {
		best = list[number]
	} else {
		for _, sl := range list {
			if sl.users == 0 && (best == nil || sl.used < best.used) {
				best = sl
			}
		}
	}
	if best != nil {
		best.users++
		s.clock++
		best.used = s.clock
	}
	return best
}

// id returns the number of a slot, -1 without one.
func (sl *slot) id() int {
	if sl == nil {
		return -1
	}
	return sl.number
}

// keep sets the tokens of the slot.
func (sl *slot) keep(prompt, more []int32) {
	if sl == nil {
		return
	}
	sl.s.mu.Lock()
	defer sl.s.mu.Unlock()
	sl.ids = append(append([]int32{}, prompt...), more...)
}

// enter takes slots for the choices.
func (a *answer) enter(s *slots) {
	number := -1
	if a.q.Slot != nil {
		number = *a.q.Slot
	}
	n := a.slots
	for i := range a.choices {
		a.choices[i].slot = s.take(a.m.Name, n, number)
		number = -1
	}
}

// leave gives the slots back.
func (a *answer) leave() {
	for i := range a.choices {
		if sl := a.choices[i].slot; sl != nil {
			sl.s.mu.Lock()
			sl.users--
			sl.s.mu.Unlock()
		}
	}
}

// A slotOut is a slot as clients see it.
type slotOut struct {
	ID         int  `json:"id"`
	Context    int  `json:"n_ctx"`
	Speculates bool `json:"speculative"`
	Processing bool `json:"is_processing"`
	Tokens     int  `json:"n_tokens"`
}

// list answers with the slots of a model.
func (s *slots) list(x *core.Exchange) error {
	query := x.Request.URL.Query()
	m, err := x.Model(query.Get("model"))
	if err != nil {
		return err
	}
	s.mu.Lock()
	busy, out := 0, []slotOut{}
	for _, sl := range s.of(m.Name, x.Core.Limits.AtOnce) {
		out = append(out, slotOut{ID: sl.number, Context: m.Context(), Processing: sl.users > 0, Tokens: len(sl.ids)})
		if sl.users > 0 {
			busy++
		}
	}
	s.mu.Unlock()
	if query.Get("fail_on_no_slot") != "" && busy == len(out) {
		return &core.Error{Status: http.StatusServiceUnavailable, Type: core.TypeUnavailable, Code: "no_slot", Message: "no slot is free"}
	}
	return x.JSON(out)
}

// A slotRequest names a file.
type slotRequest struct {
	Model *string `json:"model"`
	File  *string `json:"filename"`
}

// act saves, restores or forgets the text of a slot.
func (s *slots) act(x *core.Exchange) error {
	var q slotRequest
	if len(x.Body) > 0 {
		if err := x.Decode(&q); err != nil {
			return err
		}
	}
	number, err := strconv.Atoi(x.Request.PathValue("id"))
	if n := x.Core.Limits.AtOnce; err != nil || number < 0 || number >= n {
		return wire.Errorf("id_slot", "%.40q, want 0 to %d", x.Request.PathValue("id"), n-1)
	}
	action := x.Request.URL.Query().Get("action")
	var do func(*core.Exchange, *core.Lease, *slot, string) error
	switch action {
	case "erase":
		do = erase
	case "save":
		do = save
	case "restore":
		do = restore
	default:
		return wire.Errorf("action", "%.40q, want save, restore or erase", action)
	}
	if action != "erase" {
		if err := checkFile(x.Core, deref(q.File)); err != nil {
			return err
		}
	}
	m, err := x.Model(deref(q.Model))
	if err != nil {
		return err
	}
	sl := s.take(m.Name, x.Core.Limits.AtOnce, number)
	defer func() {
		s.mu.Lock()
		sl.users--
		s.mu.Unlock()
	}()
	return do(x, m, sl, deref(q.File))
}

// An erasedAnswer says what a slot had.
type erasedAnswer struct {
	ID     int `json:"id_slot"`
	Erased int `json:"n_erased"`
}

// erase forgets the text of a slot.
func erase(x *core.Exchange, _ *core.Lease, sl *slot, _ string) error {
	sl.s.mu.Lock()
	n := len(sl.ids)
	sl.ids = nil
	sl.s.mu.Unlock()
	return x.JSON(erasedAnswer{sl.number, n})
}
