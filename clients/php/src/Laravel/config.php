<?php

// The settings of the session driver `sessions`. `php artisan vendor:publish --tag=sessions-config`
// copies this file to config/sessions.php. The rest is in config/session.php as for every driver:
// connection (of config/database.php), lifetime, cookie; serialization must be 'json' and encrypt
// false.

declare(strict_types=1);

return [
    // The namespace of the sessions: 1 to 64 of A-Z a-z 0-9 _ -
    'app' => env('SESSIONS_APP', 'laravel'),

    // How the cookie's value names the session: 'sha256', or as the other languages of the site
    // have it 'signed' or 'token'. The cookie must be excepted in EncryptCookies where other
    // languages read it.
    'cookie' => env('SESSIONS_COOKIE', 'sha256'),

    // For 'signed': the secrets of express-session. The first one signs.
    'secret' => array_filter(explode(',', (string) env('SESSIONS_SECRET', ''))),

    // The user of the session: null, the user of the default guard; false, anonymous; the name of a
    // class whose __invoke returns the id for a session's data.
    'id' => null,

    // Seconds after which a session ends even if it is in use, from its start and from the log-in.
    'lifetime' => null,

    // At most so many sessions of a user. A log-in ends the least recently active ones, or with
    // reject is refused.
    'max' => null,
    'reject' => false,

    // false: all data of the request is stored instead of the changes.
    'merge' => true,

    // 'error': saving a session that has ended in the meantime throws an exception. Otherwise it
    // stores nothing; the name of a class whose __invoke gets the session's sid.
    'ended' => null,

    // The previous driver, 'redis' for example. Its sessions are moved at their next request.
    'from' => null,
];
