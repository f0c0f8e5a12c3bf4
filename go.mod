module github.com/ligature-auth/ligature

go 1.26.0
