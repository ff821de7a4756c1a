<?php

// Tells the session handler which user a session belongs to, and where the request comes from.
//
// The firewall keeps its user in the session as serialized PHP, which nothing but PHP reads. So the
// id is taken from the token storage, after the firewall's own listener has put the user into the
// session, and before the session is saved.

declare(strict_types=1);

namespace SessionsForRedis\Symfony;

use Symfony\Component\EventDispatcher\EventSubscriberInterface;
use Symfony\Component\HttpKernel\Event\RequestEvent;
use Symfony\Component\HttpKernel\Event\ResponseEvent;
use Symfony\Component\HttpKernel\KernelEvents;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorageInterface;
use Symfony\Component\Security\Core\Authentication\Token\SwitchUserToken;
use Symfony\Component\Security\Core\User\UserInterface;

final class UserListener implements EventSubscriberInterface
{
    /** The attribute of the request in which the firewall leaves the name of its session key. */
    private const FIREWALL = '_security_firewall_run';

    private readonly \Closure $idOf;

    /**
     * `tokens` must be the service `security.untracked_token_storage`: the other token storage
     * counts reading as a use of the session, which makes responses private.
     *
     * @param null|callable(UserInterface): (string|int) $id the id of a user, getUserIdentifier()
     *     by default
     */
    public function __construct(
        private readonly SessionHandler $handler,
        private readonly TokenStorageInterface $tokens,
        ?callable $id = null,
    ) {
        $this->idOf = $id === null
            ? static fn (UserInterface $user): string => $user->getUserIdentifier()
            : $id(...);
    }

    public static function getSubscribedEvents(): array
    {
        return [
            KernelEvents::REQUEST => ['onRequest', 512],
            KernelEvents::RESPONSE => ['onResponse', -512],
        ];
    }

    public function onRequest(RequestEvent $event): void
    {
        if ($event->isMainRequest()) {
            $request = $event->getRequest();
            $this->handler->cameFrom($request->getClientIp(), $request->headers->get('User-Agent'));
        }
    }

    public function onResponse(ResponseEvent $event): void
    {
        $key = $event->getRequest()->attributes->get(self::FIREWALL);
        if ($event->isMainRequest() && is_string($key)) {
            $this->handler->belongsTo($key, $this->id());
        }
    }

    private function id(): ?string
    {
        $token = $this->tokens->getToken();
        // With switch_user, the session is the administrator's.
        $token = $token instanceof SwitchUserToken ? $token->getOriginalToken() : $token;
        $user = $token?->getUser();
        return $user instanceof UserInterface ? (string) ($this->idOf)($user) : null;
    }
}
