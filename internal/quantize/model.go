package quantize

import (
	"fmt"

	"github.com/querent-ai/chord/gguf"
)

// model reads the numbers that the choice depends on from the file's keys.
func (c *chooser) model() error {
	arch, _, err := c.file.Str("general.architecture")
	if err != nil {
		return err
	}
	heads, err := c.number(arch + ".attention.head_count")
	if err != nil {
		return err
	}
	kv, err := c.number(arch + ".attention.head_count_kv")
	if err != nil {
		return err
	}
	if c.experts, err = c.number(arch + ".expert_count"); err != nil {
		return err
	}
	if c.layers, err = c.number(arch + ".block_count"); err != nil {
		return err
	}
	if kv == 0 {
		kv = heads
	}
	c.falcon = arch == "falcon"
	if kv > 0 {
		c.shared = heads / kv
	}
	switch arch {
	case "llama":
		c.large = c.layers == 80 && heads != kv
	case "qwen2", "deci", "olmo":
		c.large = c.layers == 80
	case "jais2":
		c.large = c.layers == 68
	}
	return nil
}

// number returns the integer of key, the first one of an array, 0 without key.
func (c *chooser) number(key string) (int, error) {
	if v, ok := c.file.Get(key); ok {
		if _, _, array := gguf.ArrayOf(v); array {
			all, _, err := c.file.Ints(key)
			if err != nil || len(all) == 0 {
				return 0, err
			}
			return int(all[0]), nil
		}
	}
	n, _, err := c.file.Int(key)
	if err == nil && int64(int32(n)) != n {
		err = fmt.Errorf("quantize: key %q: %d is too large", key, n)
	}
	return int(n), err
}
