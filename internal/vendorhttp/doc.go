// Package vendorhttp is what the senders over HTTP share: asking a vendor once, and
// telling afterwards whether the message may have gone out.
//
// Its errors are those of package sender, and repeat nothing of the request: those of
// net/http hold the URL, and a vendor's words hold the address.
package vendorhttp
