package dbproof_test

import (
	"testing"

	"github.com/ligature-auth/ligature/internal/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }
