package chat

import (
	"encoding/json"
	"fmt"
	"sync"
)

// maxPlans is the maximum number of plans that are kept.
const maxPlans = 64

// Plans makes plans for one template and vocabulary and keeps them. The zero value is
// ready to use, by any number of goroutines.
type Plans struct {
	mu    sync.Mutex
	plans map[string]*Plan // by what they are for
}

// Plan returns the plan of t for o, see [Template.Plan].
func (p *Plans) Plan(t *Template, o PlanOptions) (*Plan, error) {
	raw, err := json.Marshal(o.Tools)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprint(o.Alone, string(raw))
	p.mu.Lock()
	plan := p.plans[key]
	p.mu.Unlock()
	if plan != nil {
		return plan, nil
	}
	if plan, err = t.Plan(o); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.plans == nil || len(p.plans) >= maxPlans {
		p.plans = map[string]*Plan{}
	}
	p.plans[key] = plan
	return plan, nil
}
