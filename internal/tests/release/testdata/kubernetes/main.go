// Command kubernetes errs unless its files are manifests without a field that Kubernetes
// does not know. Kinds that are no part of it are left out.
package main

import (
	"fmt"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

// kinds are the types of manifests, by version and kind.
var kinds = map[string]func() any{
	"apps/v1 Deployment":                            func() any { return new(appsv1.Deployment) },
	"autoscaling/v2 HorizontalPodAutoscaler":        func() any { return new(autoscalingv2.HorizontalPodAutoscaler) },
	"policy/v1 PodDisruptionBudget":                 func() any { return new(policyv1.PodDisruptionBudget) },
	"v1 Service":                                    func() any { return new(corev1.Service) },
	"kustomize.config.k8s.io/v1beta1 Kustomization": nil,
	"inference.networking.k8s.io/v1 InferencePool":  nil,
}

func main() {
	for _, file := range os.Args[1:] {
		if err := check(file); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			os.Exit(1)
		}
	}
}

// check decodes one file.
func check(file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var k struct{ APIVersion, Kind string }
	if err := yaml.Unmarshal(b, &k); err != nil {
		return err
	}
	kind, ok := kinds[k.APIVersion+" "+k.Kind]
	if !ok {
		return fmt.Errorf("%s %s: no such kind", k.APIVersion, k.Kind)
	}
	if kind == nil {
		return nil
	}
	return yaml.UnmarshalStrict(b, kind())
}
