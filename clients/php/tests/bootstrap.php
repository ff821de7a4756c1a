<?php

declare(strict_types=1);

require __DIR__ . '/../autoload.php';

// Debian's package php-nrk-predis, or a checked-out copy of another version, which PREDIS names.
if (getenv('PREDIS')) {
    spl_autoload_register(static function (string $class): void {
        if (str_starts_with($class, 'Predis\\')) {
            require getenv('PREDIS') . '/src/' . strtr(substr($class, strlen('Predis\\')), '\\', '/') . '.php';
        }
    });
} elseif (stream_resolve_include_path('Predis/autoload.php')) {
    require_once 'Predis/autoload.php';
}

spl_autoload_register(static function (string $class): void {
    $prefix = 'SessionsForRedis\\Tests\\';
    if (str_starts_with($class, $prefix)) {
        require __DIR__ . '/' . strtr(substr($class, strlen($prefix)), '\\', '/') . '.php';
    }
});
