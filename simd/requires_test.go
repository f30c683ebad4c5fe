package simd

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/asm/avx2"
	"github.com/querent-ai/chord/asm/avx512"
	"github.com/querent-ai/chord/asm/avxvnni"
	"github.com/querent-ai/chord/asm/evex256"
	"github.com/querent-ai/chord/asm/free512"
)

// No generated kernel uses an instruction that its tier's CPUs may lack.
// Prefetching, which avo counts as MMX+, and CMOV every amd64 has.
func TestRequires(t *testing.T) {
	for tier, requires := range map[string]string{"avx2": avx2.Requires, "avxvnni": avxvnni.Requires, "avx512": avx512.Requires, "evex256": evex256.Requires, "free512": free512.Requires} {
		allowed := append(strings.Split(requires, ","), "MMX+", "CMOV")
		files, err := filepath.Glob(filepath.Join("..", "asm", tier, "*_amd64.s"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files of %s: %v", tier, err)
		}
		for _, name := range files {
			kernels := 0
			for _, line := range lines(t, name) {
				list, ok := strings.CutPrefix(line, "// Requires: ")
				if !ok {
					continue
				}
				kernels++
				for f := range strings.SplitSeq(list, ", ") {
					if !slices.Contains(allowed, f) {
						t.Errorf("%s: a kernel needs %s, beyond %q", name, f, requires)
					}
				}
			}
			if kernels == 0 {
				t.Errorf("%s says nowhere what it requires", name)
			}
		}
	}
}

// No generated kernel of arm64 multiplies in a way that its tier's CPUs may
// lack: all else is ARMv8.0. Instructions that Go's assembler does not know are
// words with their name beside them.
func TestRequiresARM(t *testing.T) {
	for tier, lacks := range map[string][]string{
		"neon":    {"dot ", "mmla "},
		"dotprod": {"usdot ", "mmla "},
		"i8mm":    nil,
	} {
		files, err := filepath.Glob(filepath.Join("..", "asm", tier, "*_arm64.s"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files of %s: %v", tier, err)
		}
		for _, name := range files {
			functions := 0
			for _, line := range lines(t, name) {
				if strings.HasPrefix(line, "TEXT ") {
					functions++
				}
				if !strings.Contains(line, "WORD ") {
					continue
				}
				for _, l := range lacks {
					if strings.Contains(line, l) {
						t.Errorf("%s: %s", name, line)
					}
				}
			}
			if functions == 0 {
				t.Errorf("%s has no functions", name)
			}
		}
	}
}

func lines(t *testing.T, name string) []string {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []string
	s := bufio.NewScanner(f)
	for s.Scan() {
		all = append(all, s.Text())
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
