// Package inside gives the commands of this module access to a model that its API
// does not offer: to its engine and to the inputs of its matrix products.
package inside

import (
	"context"

	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/llama"
)

// Set by package chord; the model is a *chord.Model.
var (
	// Engine returns a model's engine.
	Engine func(model any) *engine.Engine
	// Observe makes o see the matrix products of a model from the next step on;
	// nil ends it.
	Observe func(ctx context.Context, model any, o llama.Observer) error
	// Device makes the model that is opened with options, a *chord.Options, run on d,
	// which the model closes; if there is none, it is open.
	Device func(options any, d llama.Device)
	// Fingerprint returns a hash of what a model's texts depend on beside their
	// parameters: the weights, the types of the cache, the context.
	Fingerprint func(ctx context.Context, model any) (string, error)
	// AlwaysDraft makes a model draft tokens as if that took no time, for tests whose
	// drafts must not depend on it. No call may run meanwhile.
	AlwaysDraft func(model any)
	// Propose makes f replace the tokens, by their positions, that a model's draft
	// model proposes. No call may run meanwhile.
	Propose func(model any, f func(position int, id int32) int32)
)
