package chord

import (
	"fmt"

	"github.com/querent-ai/chord/gguf"
)

// override sets the keys of f that o overrides.
func (o Options) override(f *gguf.File) error {
	for i, s := range o.OverrideKV {
		kv, err := gguf.ParseKV(s)
		if err == nil {
			err = f.Override(kv)
		}
		if err != nil {
			return fmt.Errorf("chord: Options.OverrideKV[%d]: %w", i, err)
		}
	}
	return nil
}
