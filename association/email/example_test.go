package email_test

import (
	"fmt"

	"github.com/ligature-auth/ligature/association/email"
)

func ExampleKind_Canonical() {
	kind := email.New()
	for _, typed := range []string{" Ann@Example.com", "ann@bücher.example.", "Ann <ann@example.com>"} {
		value, err := kind.Canonical(typed)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%s is shown as %s\n", value, kind.Mask(value))
	}
	// Output:
	// ann@example.com is shown as a***@example.com
	// ann@xn--bcher-kva.example is shown as a***@xn--bcher-kva.example
	// association: invalid argument: email: holds a space, a control character or an invisible one
}
