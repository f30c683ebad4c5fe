package cpu

import "golang.org/x/sys/cpu"

// system are features of which the operating system tells: cpuid/v2 knows
// nothing about Windows on arm64. Every arm64 that Go runs on has ASIMD.
var system = map[string]bool{
	"ASIMD":   true,
	"ASIMDDP": cpu.ARM64.HasASIMDDP,
	"I8MM":    cpu.ARM64.HasI8MM,
}
