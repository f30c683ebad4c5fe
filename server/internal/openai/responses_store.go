package openai

import (
	"container/list"
	"net/http"
	"sync"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/core"
)

// The bounds of a store.
const (
	storedBytes = 64 << 20
	storedMost  = 4096
)

// A store keeps responses for previous_response_id, in memory: the oldest go when there
// are too many or too large ones.
type store struct {
	mu    sync.Mutex
	byID  map[string]*list.Element
	order *list.List // of *stored, the oldest first
	bytes int
	most  int // bytes
}

// A stored is a response with the chat that led to it and its answer.
type stored struct {
	id   string
	body []byte
	chat []chord.Message
	size int
}

// newStore returns an empty store.
func newStore() *store {
	return &store{byID: map[string]*list.Element{}, order: list.New(), most: storedBytes}
}

// notStored is the error of a response that is not there.
func notStored(id, param string) error {
	return &core.Error{Status: http.StatusNotFound, Type: core.TypeInvalid, Code: "response_not_found", Param: param,
		Message: "there is no response with this id: it was not stored, or is no longer"}
}

// find returns a response.
func (s *store) find(id, param string) (*stored, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byID[id]
	if e == nil {
		return nil, notStored(id, param)
	}
	return e.Value.(*stored), nil
}

// before returns the chat that a request goes on with, a copy.
func (s *store) before(id *string) ([]chord.Message, error) {
	if id == nil || *id == "" {
		return nil, nil
	}
	r, err := s.find(*id, "previous_response_id")
	if err != nil {
		return nil, err
	}
	return append([]chord.Message(nil), r.chat...), nil
}

// put keeps a response that follows chat.
func (s *store) put(a *response, chat []chord.Message) error {
	b, err := core.Marshal(&a.out)
	if err != nil {
		return err
	}
	r := &stored{id: a.out.ID, body: b, chat: append(chat[:len(chat):len(chat)], a.message), size: len(b)}
	for i := range r.chat { // texts are shared with earlier responses, which may go first
		m := &r.chat[i]
		r.size += 256 + len(m.Content) + len(m.ReasoningContent)
		for _, c := range m.ToolCalls {
			r.size += 64 + len(c.Function.Arguments)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byID[r.id] = s.order.PushBack(r)
	s.bytes += r.size
	for s.order.Len() > storedMost || s.bytes > s.most {
		s.drop(s.order.Front())
	}
	return nil
}

// drop forgets a response. The caller holds the lock.
func (s *store) drop(e *list.Element) {
	r := e.Value.(*stored)
	s.bytes -= r.size
	s.order.Remove(e)
	delete(s.byID, r.id)
}

// get answers with a response.
func (s *store) get(x *core.Exchange) error {
	r, err := s.find(x.Request.PathValue("id"), "")
	if err != nil {
		return err
	}
	return x.Text(http.StatusOK, "application/json", r.body)
}

// A deletedAnswer says that a response is gone.
type deletedAnswer struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Deleted bool   `json:"deleted"`
}

// delete forgets a response.
func (s *store) delete(x *core.Exchange) error {
	id := x.Request.PathValue("id")
	s.mu.Lock()
	e := s.byID[id]
	if e != nil {
		s.drop(e)
	}
	s.mu.Unlock()
	if e == nil {
		return notStored(id, "")
	}
	return x.JSON(deletedAnswer{id, "response", true})
}
