package main

import (
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord/internal/modelbench"
)

// burnCommand returns chord burn, which chord bench --busy runs beside itself.
func (a *app) burnCommand() *cobra.Command {
	return a.runs(&cobra.Command{
		Use:    "burn N",
		Short:  "Keep N cores busy until stdin ends",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
	}, func(_ *cobra.Command, args []string) error {
		n, err := strconv.Atoi(args[0])
		if err != nil || n < 1 || n > maxBusy {
			return usagef("burn %s: want 1 to %d", args[0], maxBusy)
		}
		return modelbench.Burn(n, a.in, a.out)
	})
}

// maxBusy bounds the number of cores.
const maxBusy = 1 << 10

// busy returns a command that keeps n cores busy: this program in another process.
func busy(n int) (*modelbench.Busy, error) {
	if n == 0 {
		return nil, nil
	}
	if n < 0 || n > maxBusy {
		return nil, usagef("--busy %d: want 0 to %d", n, maxBusy)
	}
	self, err := os.Executable()
	return &modelbench.Busy{Cores: n, Words: []string{self, "burn", strconv.Itoa(n)}}, err
}
