package app

import (
	"net/http"
	"strings"
	"unicode/utf8"
)

const longestPost = 280 // characters

type post struct {
	ID     int64  `json:"id"`
	Author string `json:"author"`
	Text   string `json:"text"`
}

// listPosts returns everybody's latest.
func (a *App) listPosts(r *http.Request, _ user) (any, error) {
	rows, err := a.db.QueryContext(r.Context(),
		`SELECT posts.id, users.email, posts.text FROM posts JOIN users ON users.id = posts.user_id ORDER BY posts.id DESC LIMIT 50`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	posts := []post{}
	for rows.Next() {
		var p post
		if err := rows.Scan(&p.ID, &p.Author, &p.Text); err != nil {
			return nil, err
		}
		posts = append(posts, p)
	}
	return posts, rows.Err()
}

func (a *App) createPost(r *http.Request, u user) (any, error) {
	p := post{Author: u.email, Text: strings.TrimSpace(r.PostFormValue("text"))}
	if n := utf8.RuneCountInString(p.Text); n == 0 || n > longestPost {
		return nil, refusal{http.StatusBadRequest, "a post has 1 to 280 characters"}
	}
	err := a.db.QueryRowContext(r.Context(), `INSERT INTO posts (user_id, text) VALUES (?, ?) RETURNING id`, u.id, p.Text).Scan(&p.ID)
	return p, err
}

// deletePost deletes a post of one's own. Of another's it says no more than of one
// that is not there.
func (a *App) deletePost(r *http.Request, u user) (any, error) {
	result, err := a.db.ExecContext(r.Context(), `DELETE FROM posts WHERE id = ? AND user_id = ?`, r.PathValue("id"), u.id)
	if err != nil {
		return nil, err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		err = refusal{http.StatusNotFound, "you have no such post"}
	}
	return done, err
}
