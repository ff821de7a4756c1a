<?php

// Symfony's proxy before the session handler, which lets the handler generate the session ids: for
// a cookie that is `signed` or a `token`. Without it PHP generates them.

declare(strict_types=1);

namespace SessionsForRedis\Symfony;

use Symfony\Component\HttpFoundation\Session\Storage\Proxy\SessionHandlerProxy;

final class SessionProxy extends SessionHandlerProxy implements \SessionIdInterface
{
    public function __construct(private readonly SessionHandler $ours)
    {
        parent::__construct($ours);
    }

    // phpcs:ignore PSR1.Methods.CamelCapsMethodName -- PHP's own name
    public function create_sid(): string
    {
        return $this->ours->form->draw();
    }
}
