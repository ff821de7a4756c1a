<?php

// The settings of the session driver `sessions`. `php artisan vendor:publish --tag=sessions-config`
// copies this file to config/sessions.php. The rest is in config/session.php as for every driver:
// connection (of config/database.php), lifetime, cookie; serialization must be 'json' and encrypt
// false.

declare(strict_types=1);

return [
    // The namespace of the sessions: 1 to 64 of A-Z a-z 0-9 _ -
    'app' => env('SESSIONS_APP', 'laravel'),

    // The form of the cookie's value: 'sha256', or 'signed' or 'token' if the other languages of
    // the site use it. If other languages read the cookie, it must be excepted in EncryptCookies.
    'cookie' => env('SESSIONS_COOKIE', 'sha256'),

    // For 'signed': the secrets of express-session. The first one signs.
    'secret' => array_filter(explode(',', (string) env('SESSIONS_SECRET', ''))),

    // The user of the session: null, the user of the default guard; false, anonymous; the name of a
    // class whose __invoke returns the id for a session's data.
    'id' => null,

    // Seconds after which a session ends even if it is in use, from its start and from the log-in.
    'lifetime' => null,

    // The maximum number of sessions per user. A log-in ends the least recently active ones; with
    // reject it is refused.
    'max' => null,
    'reject' => false,

    // false: all data of the request is stored instead of the changes.
    'merge' => true,

    // 'error': saving a session that has ended throws an exception. Otherwise nothing is stored.
    // The name of a class: its __invoke gets the session's sid.
    'ended' => null,

    // The previous driver, 'redis' for example. Its sessions are moved at their next request.
    'from' => null,
];
