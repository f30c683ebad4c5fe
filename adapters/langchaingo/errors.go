package langchaingo

import (
	"context"
	"errors"
	"fmt"

	"github.com/tmc/langchaingo/llms"

	"github.com/querent-ai/chord"
)

// codes are LangChain's codes of the kinds of errors.
var codes = []struct {
	kind error
	code llms.ErrorCode
}{
	{context.Canceled, llms.ErrCodeCanceled},
	{context.DeadlineExceeded, llms.ErrCodeTimeout},
	{chord.ErrInvalid, llms.ErrCodeInvalidRequest},
	{chord.ErrContextFull, llms.ErrCodeTokenLimit},
	{chord.ErrBusy, llms.ErrCodeRateLimit},
	{chord.ErrClosed, llms.ErrCodeProviderUnavailable},
	{chord.ErrUnsupported, llms.ErrCodeNotImplemented},
}

// mapError returns err as an error of LangChain.
func mapError(err error) error {
	for _, c := range codes {
		if errors.Is(err, c.kind) {
			return failure(c.code, err)
		}
	}
	return failure(llms.ErrCodeUnknown, err)
}

// failure returns an error with a code.
func failure(code llms.ErrorCode, err error) error {
	e := llms.NewError(code, "chord", err.Error()).WithCause(err)
	var busy *chord.BusyError
	if errors.As(err, &busy) {
		return e.WithDetail("retry_after", busy.RetryAfter)
	}
	return e
}

// invalid returns the error of a request that cannot be answered.
func invalid(format string, args ...any) error {
	return failure(llms.ErrCodeInvalidRequest, fmt.Errorf(format, args...))
}
