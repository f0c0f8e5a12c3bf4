package sender

// Segments returns how many text messages carry the text, each of which is charged:
// one of up to 160 characters where all are of the GSM 7-bit alphabet, and of up to 70
// UTF-16 units where one is not. A longer text is cut into parts of 153 or 67, of which
// none ends within a character. The source is 3GPP TS 23.038 and TS 23.040; national
// language tables are not counted on.
func Segments(text string) int {
	const (
		septets, partSeptets = 160, 153
		units, partUnits     = 70, 67
	)
	if n, ok := gsm7(text, septets, partSeptets); ok {
		return n
	}
	return pack(text, units, partUnits, func(r rune) int {
		if r > 0xffff {
			return 2
		}
		return 1
	})
}

// gsm7 counts the parts of a text that is of the GSM 7-bit alphabet.
func gsm7(text string, whole, part int) (segments int, ok bool) {
	for _, r := range text {
		if gsm7Septets(r) == 0 {
			return 0, false
		}
	}
	return pack(text, whole, part, gsm7Septets), true
}

// pack counts the parts that hold the text, where no character is cut.
func pack(text string, whole, part int, size func(rune) int) int {
	total, parts, room := 0, 0, 0
	for _, r := range text {
		n := size(r)
		total += n
		if n > room {
			parts, room = parts+1, part
		}
		room -= n
	}
	if total <= whole {
		return min(1, parts)
	}
	return parts
}

// gsm7Septets is how much of a message a character takes, and 0 for one that the
// alphabet lacks: 3GPP TS 23.038, section 6.2.1 and its extension table.
func gsm7Septets(r rune) int {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return 1
	}
	switch r {
	case '\n', '\r', ' ', '!', '"', '#', '$', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/', ':', ';', '<', '=', '>', '?', '@', '_',
		'¡', '£', '¤', '¥', '§', '¿', 'Ä', 'Å', 'Æ', 'Ç', 'É', 'Ñ', 'Ö', 'Ø', 'Ü', 'ß', 'à', 'ä', 'å', 'æ', 'è', 'é', 'ì', 'ñ', 'ò', 'ö', 'ø', 'ù', 'ü',
		'Γ', 'Δ', 'Θ', 'Λ', 'Ξ', 'Π', 'Σ', 'Φ', 'Ψ', 'Ω':
		return 1
	case '\f', '[', '\\', ']', '^', '{', '|', '}', '~', '€':
		return 2
	}
	return 0
}
