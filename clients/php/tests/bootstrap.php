<?php

declare(strict_types=1);

require __DIR__ . '/../autoload.php';

// Debian's package php-nrk-predis. Predis 1.1 gives a null as default to parameters whose types do not have it.
if (stream_resolve_include_path('Predis/autoload.php')) {
    require_once 'Predis/autoload.php';
}

spl_autoload_register(static function (string $class): void {
    $prefix = 'SessionsForRedis\\Tests\\';
    if (str_starts_with($class, $prefix)) {
        require __DIR__ . '/' . strtr(substr($class, strlen($prefix)), '\\', '/') . '.php';
    }
});
